package workers

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// The question for the age is neutral: month and year of birth, from a list that begins a hundred years ago, or typed. Below the
// highest age at which any country lets people agree to such a thing themselves it asks for the country too, which shows once more
// what was said. The answers stand in the buttons only; what is kept is the outcome, the rule it was found by, and when.

// AgeRule names the question and its rule. Raising it asks everybody again.
const AgeRule = "2026-11-22"

// The ages that decide. Conversations are for adults.
const (
	ageFloor = 13 // below nobody may agree, anywhere
	ageAdult = 18
)

// ageTime is how long somebody who made themselves younger cannot make themselves older without the operator.
const ageTime = storage.AgeRefusal

// birth is a month of birth.
type birth struct {
	year  int
	month time.Month
}

// age is in whole years that are over for sure: in the month of birth the birthday may still come.
func (b birth) age(now time.Time) int {
	age := now.Year() - b.year
	if now.Month() <= b.month {
		age--
	}
	return age
}

// possible reports whether somebody who writes now can be born then.
func (b birth) possible(now time.Time) bool {
	return b.month >= time.January && b.month <= time.December && b.year > now.Year()-120 &&
		(b.year < now.Year() || b.year == now.Year() && b.month <= now.Month())
}

func (b birth) String() string { return strconv.Itoa(b.year) + "-" + strconv.Itoa(int(b.month)) }

// outcome is what an answer comes to: empty for somebody too young, ask where the country decides.
func (b birth) outcome(country string, now time.Time) (outcome string, ask bool) {
	switch age := b.age(now); {
	case age >= ageAdult:
		return storage.AgeAdult, false
	case age >= consentAgeUnknown:
		return storage.AgeMinor, false
	case country == "":
		return "", true
	case age >= max(ageFloor, consentAge(country)):
		return storage.AgeMinor, false
	}
	return "", false
}

var (
	birthForm = regexp.MustCompile(`^\s*(?:(\d{1,2})[\s./-]+(\d{4})|(\d{4})[\s./-]+(\d{1,2}))\s*$`)
	digitForm = regexp.MustCompile(`^[\d\s./-]{3,12}$`)
	yearForm  = regexp.MustCompile(`(?:^|\D)(?:19|20)\d\d(?:\D|$)`)
)

// parseBirth reads a month and a year as people write them.
func parseBirth(s string) (b birth, ok bool) {
	m := birthForm.FindStringSubmatch(s)
	if m == nil {
		return b, false
	}
	year, _ := strconv.Atoi(m[2] + m[3])
	month, _ := strconv.Atoi(m[1] + m[4])
	return birth{year, time.Month(month)}, true
}

// birthMeant reports whether words that cannot be read answer the question all the same: numbers, or a year with the name of a month.
func (w *Workers) birthMeant(said string) bool {
	words := strings.Fields(said)
	if digitForm.MatchString(said) || len(words) > 4 || !yearForm.MatchString(said) {
		return digitForm.MatchString(said)
	}
	names := []string{"мая"} // the only one that is bent before its third letter
	for _, lang := range w.Texts.Languages() {
		names = append(names, strings.Fields(w.printer(lang).Plain(texts.NoteMonths, nil))...)
	}
	return slices.ContainsFunc(words, func(word string) bool {
		begin := []rune(fold(word))
		return len(begin) > 2 && slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(fold(name), string(begin[:3])) })
	})
}

// saidBirth is what the message says of the age, if anything.
func (w *Workers) saidBirth(in *incoming) (birth, bool) {
	if in.message == nil {
		return birth{}, false
	}
	return parseBirth(in.message.Text)
}

// askAge asks, in the words of key or in those that fit. Whoever was too young lately is not asked.
func (w *Workers) askAge(ctx context.Context, in *incoming, key texts.Key) error {
	refused, err := w.Store.AgeRefused(ctx, in.person.TelegramID)
	if err != nil {
		return err
	}
	if refused {
		w.say(in, texts.MessageAgeRefused, w.contact())
		return nil
	}
	if key == "" {
		key = texts.MessageAgeAsk
		if in.message != nil && w.birthMeant(in.message.Text) {
			key = texts.MessageAgeOdd
		}
	}
	w.say(in, key, nil, w.decadeButtons(in)...)
	return nil
}

// contact is how the operator is reached, for texts.
func (w *Workers) contact() map[string]any { return map[string]any{"Contact": w.Settings.Contact} }

func (w *Workers) ageButton(in *incoming, text, object string) telegram.Button {
	return telegram.Button{Text: text, Data: w.signer.Data(telegram.OpAge, object, in.person.TelegramID, "")}
}

// decadeButtons begin a hundred years ago and end today, so that no answer stands out.
func (w *Workers) decadeButtons(in *incoming) [][]telegram.Button {
	var all []telegram.Button
	now := time.Now().Year()
	for decade := (now - 100) / 10; decade <= now/10; decade++ {
		all = append(all, w.ageButton(in, strconv.Itoa(decade*10)+"–"+strconv.Itoa(min(decade*10+9, now)), strconv.Itoa(decade)))
	}
	return grid(all, 3)
}

func (w *Workers) yearButtons(in *incoming, decade int) [][]telegram.Button {
	var all []telegram.Button
	for year := decade * 10; year <= min(decade*10+9, time.Now().Year()); year++ {
		all = append(all, w.ageButton(in, strconv.Itoa(year), strconv.Itoa(year)))
	}
	return append(grid(all, 5), row(w.ageButton(in, "◀️", "")))
}

func (w *Workers) monthButtons(in *incoming, year int) [][]telegram.Button {
	var all []telegram.Button
	for i, name := range strings.Fields(in.texts.Plain(texts.NoteMonths, nil)) {
		all = append(all, w.ageButton(in, name, birth{year, time.Month(i + 1)}.String()))
	}
	return append(grid(all, 3), row(w.ageButton(in, "◀️ "+strconv.Itoa(year), strconv.Itoa(year/10))))
}

// pressAge is a press on one of them. Object: nothing, a decade, a year, or a month; behind that =COUNTRY, or + and a page of countries.
func (w *Workers) pressAge(ctx context.Context, in *incoming, p press) error {
	said, country, _ := strings.Cut(p.Object, "=")
	said, page, _ := strings.Cut(said, "+")
	at, err := strconv.Atoi(said)
	switch b, ok := parseBirth(said); {
	case ok:
		n, _ := strconv.Atoi(page)
		return w.pressBirth(ctx, in, p, b, country, n)
	case said == "":
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageAgeAgain, nil), w.decadeButtons(in))
	case err == nil && at < 1000:
		w.answer(in, p, "")
		w.edit(in, p, "", w.yearButtons(in, at))
	case err == nil:
		w.answer(in, p, "")
		w.edit(in, p, "", w.monthButtons(in, at))
	default:
		w.answer(in, p, texts.AnswerExpired)
	}
	return w.done(ctx, in)
}

// pressBirth is a press that says a month, and maybe a country.
func (w *Workers) pressBirth(ctx context.Context, in *incoming, p press, b birth, country string, page int) error {
	s, err := w.agreement(ctx, in.person)
	if err != nil {
		return err
	}
	if country == "" && page > 0 {
		w.answer(in, p, "")
		w.edit(in, p, "", w.countryButtons(in, b, page))
		return w.done(ctx, in)
	}
	return w.bornIn(ctx, in, &p, s, b, country)
}

// bornIn takes an answer, from a press or a message, and goes on to what is asked next.
func (w *Workers) bornIn(ctx context.Context, in *incoming, p *press, s standingOf, b birth, country string) error {
	now := time.Now().UTC()
	if p != nil {
		w.answer(in, *p, "")
	}
	refused, err := w.Store.AgeRefused(ctx, in.person.TelegramID)
	if err != nil {
		return err
	}
	if refused {
		w.sayOrEdit(in, p, texts.MessageAgeRefused, w.contact(), nil)
		return w.done(ctx, in)
	}
	if !b.possible(now) {
		w.sayOrEdit(in, p, texts.MessageAgeOdd, nil, w.decadeButtons(in))
		return w.done(ctx, in)
	}
	outcome, ask := b.outcome(country, now)
	switch {
	case ask:
		w.sayOrEdit(in, p, texts.MessageAgeCountry, map[string]any{"Born": w.bornText(in, b)}, w.countryButtons(in, b, 0))
		return w.done(ctx, in)
	case outcome == "":
		return w.tooYoung(ctx, in, p)
	case s.aged() && s.age.Outcome == storage.AgeMinor && outcome == storage.AgeAdult && now.Sub(s.age.Given) < ageTime:
		w.sayOrEdit(in, p, texts.MessageAgeSoon, w.contact(), nil)
		return w.done(ctx, in)
	case s.accepted():
		w.sayOrEdit(in, p, texts.MessageAgeNoted, nil, nil)
	default:
		if err := w.askConsent(ctx, in, p, s); err != nil {
			return err
		}
	}
	_, out, err := w.Store.Agree(ctx, in.effect, storage.Consent{
		User: in.person.ID, Version: AgeRule, Locale: in.texts.Language(), Outcome: outcome, Document: []string{storage.DocumentAge},
	})
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// bornText is month and year in the person's language.
func (w *Workers) bornText(in *incoming, b birth) string {
	months := strings.Fields(in.texts.Plain(texts.NoteMonths, nil))
	if len(months) != 12 {
		return b.String()
	}
	return months[b.month-1] + " " + strconv.Itoa(b.year)
}

// tooYoung says so, keeps a keyed hash for a while, and has everything else erased.
func (w *Workers) tooYoung(ctx context.Context, in *incoming, p *press) error {
	w.sayOrEdit(in, p, texts.MessageAgeRefused, w.contact(), nil)
	ref, out, err := w.Store.RefuseAge(ctx, in.effect, in.person, nil)
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewRightServeTask(ref.ID, ref.Epoch))
	return nil
}

// sayOrEdit says a text in the message whose button was pressed, or in a new one.
func (w *Workers) sayOrEdit(in *incoming, p *press, key texts.Key, data map[string]any, rows [][]telegram.Button) {
	if p != nil && p.query.Message != nil {
		w.edit(in, *p, in.texts.HTML(key, data), rows)
		return
	}
	w.say(in, key, data, rows...)
}

// turnedAway reports whether an update is of somebody unknown who was too young lately: they are told so, now and then and past the
// outbox, and nothing is kept.
func (w *Workers) turnedAway(ctx context.Context, in *incoming, lane string, sender telegram.User) (bool, error) {
	refused, err := w.Store.AgeRefused(ctx, sender.ID)
	if err != nil || !refused {
		return false, err
	}
	if w.Telegram != nil && w.Limits != nil && in.chat.Type == telegram.ChatPrivate {
		if _, ok, err := w.Limits.Reserve(ctx, "young:"+lane, 10*time.Minute, 1, 0); err == nil && ok {
			text := w.printer(sender.LanguageCode).HTML(texts.MessageAgeRefused, w.contact())
			if _, err := w.Telegram.SendMessage(ctx, telegram.Text{ChatID: sender.ID, HTML: text}); err != nil {
				w.Log.WarnContext(ctx, "could not turn somebody away", "error", err)
			}
		}
	}
	return true, w.done(ctx, in)
}

// likelyCountries stand first, by the language that is spoken.
func likelyCountries(lang string) []string {
	return map[string][]string{
		"en": {"US", "GB", "IN", "CA", "AU", "IE", "NG", "PH", "NZ", "ZA"},
		"ru": {"RU", "BY", "KZ", "UA", "UZ", "KG", "GE", "AM", "DE", "IL"},
		"de": {"DE", "AT", "CH", "LU", "LI", "IT", "BE", "NL"},
		"tr": {"TR", "DE", "NL", "AT", "CY", "AZ", "BG", "GB"},
		"es": {"ES", "MX", "AR", "CO", "CL", "PE", "VE", "EC", "US", "UY"},
	}[lang]
}

// countryPage is how many countries a page has.
const countryPage = 24

// countryButtons are a page of countries: the likely ones first, then all by name.
func (w *Workers) countryButtons(in *incoming, b birth, page int) [][]telegram.Button {
	names := countryNames(in.texts.Language())
	codes := likelyCountries(in.texts.Language())
	pages := slices.Collect(slices.Chunk(sortedCountries(in.texts.Language(), names), countryPage))
	if page = min(max(page, 0), len(pages)); page > 0 {
		codes = pages[page-1]
	}
	var all []telegram.Button
	for _, code := range codes {
		all = append(all, w.ageButton(in, names[code], b.String()+"="+code))
	}
	turn := row(w.ageButton(in, "◀️", b.turn(page-1)))
	if page < len(pages) {
		text := "▶️"
		if page == 0 {
			text = in.texts.Plain(texts.ButtonCountries, nil)
		}
		turn = append(turn, w.ageButton(in, text, b.turn(page+1)))
	}
	return append(grid(all, 2), turn)
}

// turn is the object of a button that turns to a page of countries, or back to the question.
func (b birth) turn(page int) string {
	switch {
	case page < 0:
		return ""
	case page == 0:
		return b.String()
	}
	return b.String() + "+" + strconv.Itoa(page)
}
