package texts

import (
	"strings"
	"time"

	"golang.org/x/text/number"
)

// Parts of texts, which only this package puts together.
const (
	// partNames lists what people call the language, in any language the bot speaks: lower case, between commas.
	partNames Key = "part.names"
	// partSeconds, partMinutes and partHours write Amount, a number or two of them.
	partSeconds Key = "part.seconds"
	partMinutes Key = "part.minutes"
	partHours   Key = "part.hours"
	// partMonths lists the twelve months as they stand in a date.
	partMonths Key = "part.months"
	// partDate: Day, Month, Year and Time, of UTC because nobody's time zone is known.
	partDate Key = "part.date"
	// partDay: the same without the time.
	partDay Key = "part.day"
)

// amount is a number of one unit of time.
type amount struct {
	n    int64
	unit Key
}

// amounts splits a duration into what people say of it: seconds below a minute, else minutes and hours. It rounds up,
// and never says 0.
func amounts(d time.Duration) []amount {
	seconds := max(int64((d+time.Second-1)/time.Second), 1)
	if seconds < 60 {
		return []amount{{seconds, partSeconds}}
	}
	minutes := (seconds + 59) / 60
	switch {
	case minutes < 60:
		return []amount{{minutes, partMinutes}}
	case minutes%60 == 0:
		return []amount{{minutes / 60, partHours}}
	}
	return []amount{{minutes / 60, partHours}, {minutes % 60, partMinutes}}
}

// number writes a whole number.
func (p Printer) number(n int64) string { return p.numbers.Sprint(number.Decimal(n)) }

// span writes a duration: "40 s", "3 min", "1 h 20 min".
func (p Printer) span(d time.Duration) string { return p.say(amounts(d)) }

func (p Printer) say(all []amount) string {
	words := make([]string, 0, len(all))
	for _, a := range all {
		words = append(words, p.Plain(a.unit, map[string]any{"Amount": p.number(a.n)}))
	}
	return strings.Join(words, "\u00a0")
}

// between writes a range of durations, as short as it can: "20–40 s", "50 s – 2 min", and "40 s" where there is none.
func (p Printer) between(from, until time.Duration) string {
	a, b := amounts(from), amounts(until)
	first, last := p.say(a), p.say(b)
	switch {
	case from >= until, first == last:
		return last
	case len(a) == 1 && len(b) == 1 && a[0].unit == b[0].unit:
		return p.Plain(a[0].unit, map[string]any{"Amount": p.number(a[0].n) + "–" + p.number(b[0].n)})
	}
	return first + " – " + last
}

// date writes a point in time.
func (p Printer) date(t time.Time) string {
	t = t.UTC()
	data := p.dateParts(t)
	if data == nil {
		return t.Format("2006-01-02 15:04 UTC")
	}
	data["Time"] = t.Format("15:04")
	return p.Plain(partDate, data)
}

// day writes the day a point in time is on, UTC.
func (p Printer) day(t time.Time) string {
	t = t.UTC()
	data := p.dateParts(t)
	if data == nil {
		return t.Format(time.DateOnly)
	}
	return p.Plain(partDay, data)
}

// dateParts are those of a day, nil for a language that lacks its months.
func (p Printer) dateParts(t time.Time) map[string]any {
	months := strings.Fields(p.Plain(partMonths, nil))
	if len(months) != 12 {
		return nil
	}
	return map[string]any{"Day": t.Day(), "Month": months[t.Month()-1], "Year": t.Year()}
}
