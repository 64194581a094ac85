package status

import "time"

// How bad an incident is.
const (
	Notice   = "notice"   // to be known, such as planned work; nothing is wrong
	Degraded = "degraded" // something is slow, or does not work for some
	Outage   = "outage"   // something does not work
)

// Resolved is the stage of an incident that is over.
const Resolved = "resolved"

// Incident is what everybody is told was wrong, with all that was said about it.
type Incident struct {
	ID       string            `json:"id"`
	Impact   string            `json:"impact"`
	Stage    string            `json:"stage"` // investigating, identified, monitoring or resolved
	Parts    []Part            `json:"parts,omitempty"`
	Title    map[string]string `json:"title"` // by language; "en" is there
	Began    time.Time         `json:"began"` // of planned work in the future
	Resolved time.Time         `json:"resolved,omitzero"`
	Updates  []Update          `json:"updates"` // newest first
}

// Update is what was said about an incident at one time.
type Update struct {
	ID    string            `json:"id"`
	Stage string            `json:"stage"`
	Text  map[string]string `json:"text"` // by language; "en" is there
	At    time.Time         `json:"at"`
}

// Changed is when something was last said about it.
func (i Incident) Changed() time.Time {
	if len(i.Updates) == 0 {
		return i.Began
	}
	return i.Updates[0].At
}

// Lasts reports whether it is not over.
func (i Incident) Lasts() bool { return i.Resolved.IsZero() }

// On reports whether it lasted at some time of a day that begins then.
func (i Incident) On(day, now time.Time) bool {
	end := i.Resolved
	if end.IsZero() {
		end = now
	}
	return i.Began.Before(day.AddDate(0, 0, 1)) && !end.Before(day)
}

// Worst is the impact of the worst of some incidents, or "".
func Worst(all []Incident) (worst string) {
	rank := map[string]int{Notice: 1, Degraded: 2, Outage: 3}
	for _, i := range all {
		if rank[i.Impact] > rank[worst] {
			worst = i.Impact
		}
	}
	return worst
}
