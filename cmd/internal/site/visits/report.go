package visits

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/imagika/imagika/storage"
)

// Reader adds up what was counted. *storage.Store is one.
type Reader interface {
	Visits(ctx context.Context, by storage.PageViewColumn, since, until time.Time) ([]storage.VisitLine, error)
}

// Report is what was counted in some days.
type Report struct {
	Since time.Time `json:"since"` // UTC, the beginning of the first day
	Until time.Time `json:"until"` // the end of the last one

	Days      []storage.VisitLine `json:"days"` // all of them, in their order
	Pages     []storage.VisitLine `json:"pages"`
	Referrers []storage.VisitLine `json:"referrers"`
	Countries []storage.VisitLine `json:"countries"`
	Devices   []storage.VisitLine `json:"devices"`
}

const day = 24 * time.Hour

// Read reports on so many days, the last one being that of now.
func Read(ctx context.Context, s Reader, days int, now time.Time) (r Report, err error) {
	r.Until = now.UTC().Truncate(day).Add(day)
	r.Since = r.Until.AddDate(0, 0, -days)
	for by, to := range map[storage.PageViewColumn]*[]storage.VisitLine{
		storage.ColumnDay: &r.Days, storage.ColumnPage: &r.Pages, storage.ColumnReferrer: &r.Referrers, storage.ColumnCountry: &r.Countries, storage.ColumnDevice: &r.Devices,
	} {
		lines, err := s.Visits(ctx, by, r.Since, r.Until)
		if err != nil {
			return r, err
		}
		*to = append([]storage.VisitLine{}, lines...) // a list without lines is one all the same
	}
	r.Days = r.everyDay(r.Days)
	return r, nil
}

// everyDay has a line for each day, also where nobody came.
func (r Report) everyDay(some []storage.VisitLine) []storage.VisitLine {
	all := []storage.VisitLine{}
	for at := r.Since; at.Before(r.Until); at = at.AddDate(0, 0, 1) {
		line := storage.VisitLine{Name: at.Format(time.DateOnly)}
		if i := slices.IndexFunc(some, func(l storage.VisitLine) bool { return l.Name == line.Name }); i >= 0 {
			line = some[i]
		}
		all = append(all, line)
	}
	return all
}

// Total is all there was, as a line without a name.
func (r Report) Total() (t storage.VisitLine) {
	for _, l := range r.Days {
		t.Views += l.Views
		t.Visitors += l.Visitors
	}
	return t
}

// Coarse is the step of the numbers that everybody gets to see.
const Coarse = 5

// Figure is a number that tells of nobody: it is rounded down to a multiple of Coarse.
type Figure int64

// Few reports whether there was less than Coarse, maybe nothing.
func (f Figure) Few() bool { return f == 0 }

func (f Figure) String() string {
	if f.Few() {
		return "<" + strconv.Itoa(Coarse)
	}
	return strconv.FormatInt(int64(f), 10)
}

func coarse(n int64) Figure { return Figure(n - n%Coarse) }

// PublicLine is a line of what everybody gets to see.
type PublicLine struct {
	Name            string
	Views, Visitors Figure
}

// Public is what everybody gets to see of a report. No number below Coarse is in it, nor does the difference of two numbers tell
// one. Which sites led here is not in it at all, because anybody can make up one and have it stand here.
type Public struct {
	Since, Until              time.Time
	Total                     PublicLine
	Days                      []PublicLine
	Pages, Countries, Devices []PublicLine // without those that had few visitors
}

// Public makes a report fit to be shown. Its last day should be over, so that nobody can watch a number while they visit.
func (r Report) Public() Public {
	p := Public{Since: r.Since, Until: r.Until, Total: public(r.Total())}
	for _, l := range r.Days {
		p.Days = append(p.Days, public(l))
	}
	p.Pages, p.Countries, p.Devices = publicLines(r.Pages), publicLines(r.Countries), publicLines(r.Devices)
	return p
}

func public(l storage.VisitLine) PublicLine {
	return PublicLine{l.Name, coarse(l.Views), coarse(l.Visitors)}
}

// publicLines are ordered by what is shown: their order must not tell more.
func publicLines(lines []storage.VisitLine) (all []PublicLine) {
	for _, l := range lines {
		if shown := public(l); !shown.Visitors.Few() {
			all = append(all, shown)
		}
	}
	slices.SortFunc(all, func(a, b PublicLine) int {
		return cmp.Or(cmp.Compare(b.Visitors, a.Visitors), cmp.Compare(b.Views, a.Views), cmp.Compare(a.Name, b.Name))
	})
	return all
}
