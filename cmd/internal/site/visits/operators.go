package visits

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"

	"github.com/imagika/imagika/storage"
)

//go:embed templates/operators.html templates/operators.css
var files embed.FS

// Spans are the days that operators can look at.
func Spans() []int { return []int{7, 30, 90, 365} }

const usualSpan = 30

// Operators is the page for those who run the site, at and below /visits/ of their own listener: the numbers as they are.
func Operators(s Reader, now func() time.Time, log *slog.Logger) http.Handler {
	o := operators{store: s, now: now, log: log, page: template.Must(template.New("operators.html").Funcs(template.FuncMap{
		"number": number, "share": share, "meter": meter, "country": Country,
	}).ParseFS(files, "templates/operators.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /visits/{$}", o.show)
	mux.HandleFunc("GET /visits/style.css", o.style)
	return mux
}

type operators struct {
	store Reader
	now   func() time.Time
	log   *slog.Logger
	page  *template.Template
}

// operatorView is what the template sees.
type operatorView struct {
	Report
	Span  int
	Spans []int
	Total storage.VisitLine
	Chart template.HTML
	Scale []int64
}

func (o operators) show(w http.ResponseWriter, r *http.Request) {
	span, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil || !slices.Contains(Spans(), span) {
		span = usualSpan
	}
	body, err := o.render(r, span)
	if err != nil {
		o.log.ErrorContext(r.Context(), "visits not shown", "error", err)
		http.Error(w, "the visits cannot be read now", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the reader may have gone
}

func (o operators) render(r *http.Request, span int) ([]byte, error) {
	report, err := Read(r.Context(), o.store, span, o.now())
	if err != nil {
		return nil, err
	}
	v := operatorView{Report: report, Span: span, Spans: Spans(), Total: report.Total()}
	chart := Chart{Label: fmt.Sprintf("Views and visitors of %d days; the table below has the numbers", span)}
	for _, l := range report.Days {
		chart.Bars = append(chart.Bars, Bar{fmt.Sprintf("%s: %d views, %d visitors", l.Name, l.Views, l.Visitors), l.Views, l.Visitors})
	}
	v.Scale = chart.Scale()
	if v.Chart, err = chart.SVG(); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	err = o.page.Execute(&body, v)
	return body.Bytes(), err
}

func (o operators) style(w http.ResponseWriter, _ *http.Request) {
	css, err := files.ReadFile("templates/operators.css")
	if err != nil {
		http.Error(w, "not there", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css) // the reader may have gone
}

// Country names a country in a language; what is unknown keeps its code.
func Country(lang, code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || code == unknownCountry {
		return code
	}
	return display.Regions(language.Make(lang)).Name(region)
}

func number(n int64) string { return message.NewPrinter(language.English).Sprintf("%d", n) }

// share is a part in percent.
func share(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return strconv.FormatInt((100*part+whole/2)/whole, 10) + "%"
}

// meter is how long the bar of a line is, of a hundred.
func meter(part int64, lines []storage.VisitLine) int64 {
	var most int64 = 1
	for _, l := range lines {
		most = max(most, l.Visitors)
	}
	return 100 * part / most
}
