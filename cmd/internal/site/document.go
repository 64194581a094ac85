package site

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/workers/policy"
)

// Policy is a version of the privacy policy, or of the terms.
type Policy struct {
	Version string
	Texts   map[string]string // documents as package policy reads them, by language; policy.Fallback is among them
}

// ErrNoPolicy is what Options.Policy answers to a version that there is not.
var ErrNoPolicy = errors.New("no such policy")

// Change is what a version of a document changed.
type Change struct {
	Version   string
	Effective time.Time // zero where it is not known
	Coming    bool      // takes effect later
	Current   bool      // is in force
	Material  bool      // people have to agree anew
	First     bool      // nothing was before it
	Summary   map[string]string
}

// Asked reports whether people were asked again because of it.
func (c Change) Asked() bool { return c.Material && !c.First }

// How long a page is shown before it is looked up again which version is in force: after a look, and after one that failed, which
// may take only so long.
const (
	policyFresh   = 30 * time.Second
	policyAgain   = 5 * time.Second
	policyTimeout = 2 * time.Second
)

// Where the documents are, in English.
const (
	policyPath = "/privacy"
	termsPath  = "/terms"
)

// document shows a text that has versions: the one in force, or the one the address names, in every language.
type document struct {
	options Options
	pages   *pages
	view    view
	path    string // in English
	about   string // key
	find    func(ctx context.Context, version string) (Policy, error)
	changes func(ctx context.Context) ([]Change, error)

	mu      sync.Mutex
	current Policy
	history []Change
	listed  bool              // the history is that of the database
	older   map[string]Policy // by version, of those that somebody asked for: none ever changes
	next    time.Time         // when it is looked up again
	done    map[string]page   // by version, address and offered language
}

func newPolicy(o Options, p *pages, v view) (*document, error) {
	d := &document{
		options: o, pages: p, view: v, path: policyPath, about: "document.policy_about", find: o.Policy, changes: o.Policies,
		current: Policy{policy.Version, policy.Builtin()}, history: []Change{{Version: policy.Version, Current: true, First: true}},
	}
	return d, d.renderAll()
}

func newTerms(o Options, p *pages, v view) (*document, error) {
	d := &document{
		options: o, pages: p, view: v, path: termsPath, about: "document.terms_about",
		current: Policy{policy.TermsVersion, policy.Terms()}, history: []Change{{Version: policy.TermsVersion, Current: true, First: true}},
	}
	return d, d.renderAll()
}

// renderAll makes sure that what the program brings can be shown.
func (d *document) renderAll() error {
	d.done, d.older = make(map[string]page), make(map[string]Policy)
	for _, t := range tongues() {
		if _, err := d.page(d.current, t.Tag, "", ""); err != nil {
			return err
		}
	}
	return nil
}

// in is the page in a language.
func (d *document) in(s *site, lang string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version := r.PathValue("version")
		shown, err := d.look(r.Context(), version)
		if _, ok := shown.Texts[lang]; err == nil && !ok {
			err = ErrNoPolicy
		}
		if errors.Is(err, ErrNoPolicy) {
			s.missingPage(w, r)
			return
		}
		var p page
		if err == nil {
			p, err = d.page(shown, lang, version, offered(r.Header.Get("Accept-Language"), lang))
		}
		s.answer(w, r, p, err)
	})
}

// look returns a version, or the one in force. Whoever asks while the database is away gets the one that was in force last. Strangers
// ask, so the database is asked for what it has alone, and once for each.
func (d *document) look(ctx context.Context, version string) (Policy, error) {
	d.refresh(ctx)
	d.mu.Lock()
	current, older, listed := d.current, d.older[version], d.listed
	there := slices.ContainsFunc(d.history, func(c Change) bool { return c.Version == version })
	d.mu.Unlock()
	switch {
	case version == "" || version == current.Version:
		return current, nil
	case older.Version != "":
		return older, nil
	case d.find == nil || listed && !there:
		return Policy{}, ErrNoPolicy
	}
	found, err := d.find(ctx, version)
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.older[version] = found
	}
	return found, err
}

// refresh looks up now and then which version is in force, and what changed. While the database is away, few wait for it.
func (d *document) refresh(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.find == nil || time.Now().Before(d.next) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), policyTimeout)
	defer cancel()
	now, err := d.find(ctx, "")
	history := d.history
	if err == nil && d.changes != nil {
		history, err = d.changes(ctx)
	}
	if err != nil {
		d.next = time.Now().Add(policyAgain)
		d.options.Log.WarnContext(ctx, "it is not known which policy is in force", "error", err)
		return
	}
	if !reflect.DeepEqual(history, d.history) {
		clear(d.done)
	}
	d.current, d.history, d.listed, d.next = now, history, d.changes != nil, time.Now().Add(policyFresh)
}

// documentView is what the template of a document sees.
type documentView struct {
	view
	Base    string // path of the version in force, in English
	Body    template.HTML
	History []Change // the newest first
}

// page renders a version once.
func (d *document) page(shown Policy, lang, version, offer string) (page, error) {
	path := d.path
	if version != "" {
		path += "/" + version
	}
	key := strings.Join([]string{shown.Version, at(lang, path), offer}, " ")
	d.mu.Lock()
	defer d.mu.Unlock()
	if done, ok := d.done[key]; ok {
		return done, nil
	}
	doc, err := policy.Parse(shown.Texts[lang], d.facts(shown.Version))
	if err != nil {
		return page{}, err
	}
	v := d.pages.offer(d.pages.in(d.view, lang, path, "page.home", d.about), offer)
	v.Heading = doc.Title() + " · " + v.Name
	body := template.HTML(doc.HTML()) //nolint:gosec // escaped by package policy
	done, err := render("document.html", documentView{view: v, Base: d.path, Body: body, History: d.history})
	if err == nil {
		d.done[key] = done
	}
	return done, err
}

// Link leads to a version.
func (v documentView) Link(version string) string { return v.At(v.Base + "/" + version) }

// Privacy reports whether the document is the privacy policy.
func (v documentView) Privacy() bool { return v.Base == policyPath }

// facts are what the document depends on.
func (d *document) facts(version string) policy.Facts {
	o := d.options
	f := o.Facts
	f.Name, f.Version, f.Playground, f.Builtin, f.Shop, f.Chats, f.PairHours = o.Name, version, o.Playground != nil, o.Builtin, o.Shop, o.Chats, o.PairHours
	f.Services, f.Operator, f.RefundDays = strings.Join(o.Services, ", "), o.Operator, o.RefundDays
	return f
}
