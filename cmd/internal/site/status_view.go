package site

import (
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/workers/status"
)

// boardView is what the template of the status page sees.
type boardView struct {
	view

	State         status.State
	Headline      string
	Measured      string
	Warning       string // that the list of incidents is not that of now
	Open, Planned []incidentView
	Used, Needed  []light
	Models        []modelView
	Lines         []lineView
	Days          []dayView
	DaysText      string
	Past          []incidentView
	Feed          bool
}

// clock is a point in time for machines and for people.
type clock struct{ Machine, Human string }

// light is how something is doing, in words and as a color.
type light struct {
	Name, Word string
	State      status.State
}

type modelView struct {
	light

	Services []light // more than one, or none
	Detail   string
}

type lineView struct{ Name, Detail string }

// dayView is a day of the bar.
type dayView struct{ Impact, Title string }

type incidentPage struct {
	view
	incidentView
}

type incidentView struct {
	Title, Impact, Href string
	Facts               string // how bad it was, when and where
	Lasts, Planned      bool
	Updates             []updateView
}

type updateView struct {
	Stage      string
	At         clock
	Paragraphs []string
}

func (p *statusPages) boardView(l *glance, lang string) boardView {
	b, now, open := l.board, time.Now(), lasting(l.incidents)
	v := boardView{view: p.in(lang, statusPath), State: b.With(status.Worst(open)), Feed: p.options.PublicURL != ""}
	v.Headline = v.headline(b, v.State)
	v.Heading = v.T("status.headline", "Headline", v.Headline)
	v.Measured, v.Warning = v.T("status.measured", "When", b.At), v.warning(l)
	for _, s := range b.PartsWith(open) {
		one := light{v.part(s.Part), v.word(s.State), s.State}
		if server(s.Part) {
			v.Needed = append(v.Needed, one)
		} else {
			v.Used = append(v.Used, one)
		}
	}
	for _, m := range b.Models {
		v.Models = append(v.Models, v.model(m))
	}
	for _, line := range b.Lines {
		v.Lines = append(v.Lines, lineView{v.T("status.line_" + string(line.Part)), v.line(line)})
	}
	v.sort(l.incidents, now)
	v.days(l.incidents, now)
	return v
}

// warning says how old the list of incidents is, where it is not that of now.
func (v view) warning(l *glance) string {
	switch {
	case l.current:
		return ""
	case l.known.IsZero():
		return v.T("status.blind")
	}
	return v.T("status.stale", "When", l.known)
}

// sort tells apart what is wrong, what will be and what was.
func (v *boardView) sort(all []status.Incident, now time.Time) {
	for _, i := range all {
		switch one := v.incident(i); {
		case one.Planned:
			v.Planned = append(v.Planned, one)
		case one.Lasts:
			v.Open = append(v.Open, one)
		case i.Resolved.After(now.AddDate(0, 0, -statusDays)):
			v.Past = append(v.Past, one)
		}
	}
}

// headline says it in one line.
func (v view) headline(b status.Board, state status.State) string {
	if state != b.Overall {
		return v.T("status.problem")
	}
	return v.T("status." + string(state))
}

func (v view) word(s status.State) string { return v.T("status.word_" + string(s)) }

func (v view) part(p status.Part) string { return v.T("status.part_" + string(p)) }

func (v view) impact(impact string) string {
	if impact == "" {
		impact = "none"
	}
	return v.T("status.impact_" + impact)
}

// server reports whether a part is what others stand on.
func server(p status.Part) bool {
	return slices.Contains([]status.Part{status.Telegram, status.Accounts, status.Pictures, status.Line}, p)
}

func (v view) model(m status.Model) modelView {
	one := modelView{light: light{v.Spoken(m.Title), v.word(m.State), m.State}}
	if len(m.Services) > 1 {
		for _, s := range m.Services {
			one.Services = append(one.Services, light{s.Title, v.word(s.State), s.State})
		}
	}
	var said []string
	if m.Take.P50 > 0 {
		said = append(said, v.T("status.takes", "Range", v.between(m.Take)))
	}
	if m.Wait.P95 >= time.Second {
		said = append(said, v.T("status.waits", "Range", v.between(m.Wait)))
	}
	one.Detail = strings.Join(said, " · ")
	return one
}

func (v view) line(w status.Wait) string {
	text := v.T("status.nobody")
	if w.Waiting > 0 {
		text = v.T("status.waiting", "Count", w.Waiting, "For", w.Oldest)
	}
	if w.Last.P95 >= time.Second {
		text += "; " + v.T("status.hour", "Range", v.between(w.Last))
	}
	return text
}

// between writes two quantiles, or one where they read the same.
func (v view) between(r status.Range) string {
	just := v.T("status.just", "Half", r.P50)
	if just == v.T("status.just", "Half", r.P95) {
		return just
	}
	return v.T("status.rarely", "Half", r.P50, "Most", r.P95)
}

// days are those of the bar, the oldest first, and how many of them had a problem.
func (v *boardView) days(all []status.Incident, now time.Time) {
	today, bad := now.UTC().Truncate(24*time.Hour), 0
	for n := range statusDays {
		day := today.AddDate(0, 0, n+1-statusDays)
		on := slices.DeleteFunc(slices.Clone(all), func(i status.Incident) bool { return !i.On(day, now) })
		worst := status.Worst(on)
		if worst == status.Degraded || worst == status.Outage {
			bad++
		}
		v.Days = append(v.Days, dayView{worst, v.T("status.day", "When", day, "Impact", v.impact(worst))})
	}
	v.DaysText = v.T("status.calm")
	if bad > 0 {
		v.DaysText = v.T("status.bad", "Count", bad)
	}
}

func (v view) clock(t time.Time) clock {
	return clock{t.UTC().Format(time.RFC3339), v.T("status.at", "When", t)}
}

func (v view) incident(i status.Incident) incidentView {
	one := incidentView{
		Title: v.Spoken(i.Title), Impact: i.Impact, Href: v.At(statusPath + "/" + i.ID), Lasts: i.Lasts(), Planned: i.Lasts() && i.Began.After(time.Now()),
	}
	switch {
	case one.Planned:
		one.Facts = v.T("status.planned_for", "When", i.Began)
	case one.Lasts:
		one.Facts = v.T("status.since", "Impact", v.impact(i.Impact), "When", i.Began)
	default:
		one.Facts = v.T("status.lasted", "Impact", v.impact(i.Impact), "When", i.Began, "For", max(i.Resolved.Sub(i.Began), time.Minute))
	}
	for _, part := range i.Parts {
		one.Facts += " · " + v.part(part)
	}
	for _, u := range i.Updates {
		one.Updates = append(one.Updates, updateView{v.stage(i.Impact, u.Stage), v.clock(u.At), paragraphs(v.Spoken(u.Text))})
	}
	return one
}

// stage is how far an incident has come. What is only announced is not investigated.
func (v view) stage(impact, stage string) string {
	if impact == status.Notice && stage == "investigating" {
		stage = "announced"
	}
	return v.T("status.stage_" + stage)
}

// paragraphs are what stands between empty lines.
func paragraphs(text string) []string {
	var all []string
	for one := range strings.SplitSeq(text, "\n\n") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}
