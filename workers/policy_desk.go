package workers

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Publishing a version of the policy. What is material is announced first, to everybody who can be written to, whatever they opted
// out of, and takes effect no sooner than policyNotice later; from then on who has not agreed is asked before the next thing.

// policyNotice is the least time people have between being told of a material change and its taking effect.
const policyNotice = 7 * 24 * time.Hour

// summaryLimit is the most characters of a summary: it is a part of one message.
const summaryLimit = 1500

// DraftPolicy is a version that an operator wants to publish.
type DraftPolicy struct {
	Version   string
	Effective time.Time // zero is at once, which only a small change may
	Material  bool
	Texts     map[string]string // documents as package policy reads them, in every language; nil are those that the program brings
	Summary   map[string]string // plain text, in every language; nil with nil Texts is that of the version that the program brings
}

// PolicyView is a version and what came of it.
type PolicyView struct {
	Version      string            `json:"version"`
	Effective    time.Time         `json:"effective"`
	Published    time.Time         `json:"published,omitzero"`
	Material     bool              `json:"material"`
	InForce      bool              `json:"in_force"`
	SHA256       string            `json:"sha256"`
	Announcement string            `json:"announcement,omitempty"`
	People       int64             `json:"people,omitempty"` // who would be told, of one that is not published
	Texts        map[string]string `json:"texts,omitempty"`
	Summary      map[string]string `json:"summary,omitempty"`
}

var versionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,19}$`)

// checkPolicy holds a draft against everything that can be known before it is published.
func (d *Desk) checkPolicy(ctx context.Context, draft *DraftPolicy, now time.Time) error {
	if !versionForm.MatchString(draft.Version) {
		return refusedText("%q is no version: letters, digits and dashes, 20 at most, such as 2027-03", draft.Version)
	}
	if draft.Texts == nil && draft.Summary == nil && draft.Version == policy.Version {
		draft.Summary = policy.Summary()
	}
	if draft.Texts == nil {
		draft.Texts = policy.Builtin()
	}
	if draft.Effective.IsZero() {
		draft.Effective = now
	}
	for _, lang := range d.Texts.Languages() {
		if strings.TrimSpace(draft.Texts[lang]) == "" {
			return refusedText("there is no text in %s: it has to be there in %s", lang, strings.Join(d.Texts.Languages(), ", "))
		}
		if err := tryPolicy(draft.Texts[lang]); err != nil {
			return refusedText("the text in %s: %v", lang, err)
		}
		n := len([]rune(draft.Summary[lang]))
		if draft.Material && n == 0 || n > summaryLimit {
			return refusedText("the summary in %s has %d characters; a material change needs one in every language, of up to %d", lang, n, summaryLimit)
		}
	}
	return d.checkTimes(ctx, *draft, now)
}

func (d *Desk) checkTimes(ctx context.Context, draft DraftPolicy, now time.Time) error {
	all, err := d.Store.Policies(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(p storage.Policy) bool { return p.Version == draft.Version }) {
		return refusedText("version %s is published already, and what people agreed to is not changed: give it another name", draft.Version)
	}
	if n := len(all); n > 0 && !draft.Effective.After(all[n-1].Effective) {
		return refusedText("version %s takes effect on %s: a later one cannot take effect before that", all[n-1].Version, all[n-1].Effective.UTC().Format(time.DateOnly))
	}
	if earliest := now.Add(policyNotice); draft.Material && len(all) > 0 && draft.Effective.Before(earliest) {
		return refusedText("people are told of a material change before: it can take effect on %s at the earliest", earliest.UTC().AddDate(0, 0, 1).Format(time.DateOnly))
	}
	return nil
}

// tryPolicy executes a document with every switch on and off.
func tryPolicy(text string) error {
	for _, f := range []policy.Facts{
		{Name: "Imagika", Version: "1"},
		{Name: "Imagika", Version: "1", Contact: "x", Playground: true, Builtin: true, Shop: true, Chats: true, PairHours: 1, Services: "x", InactiveDays: 1},
	} {
		if _, err := policy.Parse(text, f); err != nil {
			return err
		}
	}
	return nil
}

// CheckPolicy says what publishing a draft would come to. Nothing is kept.
func (d *Desk) CheckPolicy(ctx context.Context, draft DraftPolicy) (PolicyView, error) {
	now := d.Store.Now()
	if err := d.checkPolicy(ctx, &draft, now); err != nil {
		return PolicyView{}, err
	}
	v := PolicyView{
		Version: draft.Version, Effective: draft.Effective, Material: draft.Material, SHA256: policy.Digest(draft.Texts), Texts: draft.Texts, Summary: draft.Summary,
	}
	if !draft.Material || !draft.Effective.After(now) {
		return v, nil
	}
	r, err := d.Store.Reach(ctx, storage.Audience{})
	for _, n := range r.Tags {
		v.People += n
	}
	v.People += r.OptedOut + r.Barred // told all the same
	return v, err
}

// PublishPolicy publishes a version. A material one that takes effect later is announced at once.
func (d *Desk) PublishPolicy(ctx context.Context, by storage.By, draft DraftPolicy) (PolicyView, error) {
	now := d.Store.Now()
	if err := d.checkPolicy(ctx, &draft, now); err != nil {
		return PolicyView{}, err
	}
	p := storage.Policy{
		Version: draft.Version, Effective: draft.Effective, Material: draft.Material, Texts: draft.Texts, Summary: draft.Summary, SHA256: policy.Digest(draft.Texts),
	}
	var news *storage.Announcement
	if draft.Material && draft.Effective.After(now) {
		news = &storage.Announcement{Policy: p.Version, Pace: AnnouncementPace, Texts: d.policyNews(p)}
	}
	_, err := d.Store.AddPolicy(ctx, storage.Act{By: by, What: "policy publish"}, p, news)
	if errors.Is(err, storage.ErrConsumed) {
		err = refusedText("version %s is published already", p.Version)
	}
	if err != nil {
		return PolicyView{}, err
	}
	return d.Policy(ctx, p.Version)
}

// policyNews is what people are told, in every language.
func (d *Desk) policyNews(p storage.Policy) map[string]string {
	all := make(map[string]string)
	for _, lang := range d.Texts.Languages() {
		url := policyURL(d.PolicyURL, lang)
		if url != "" {
			url += "/" + p.Version
		}
		all[lang] = d.Texts.For(lang).HTML(texts.MessagePolicyNews, map[string]any{
			"When": p.Effective, "PolicyURL": url, "Summary": texts.Markup(html.EscapeString(p.Summary[lang])), //nolint:gosec // escaped
		})
	}
	return all
}

// Policies lists what was published, by when it takes effect; where nothing was, the version that the program brings.
func (d *Desk) Policies(ctx context.Context) ([]PolicyView, error) {
	all, err := d.Store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	t := termsAt(all, d.Store.Now())
	if len(all) == 0 {
		all = []storage.Policy{builtinPolicy()}
	}
	var views []PolicyView
	for _, p := range all {
		views = append(views, policyView(p, t))
	}
	return views, nil
}

// Policy shows a version with its texts.
func (d *Desk) Policy(ctx context.Context, version string) (PolicyView, error) {
	all, err := d.Store.Policies(ctx)
	if err != nil {
		return PolicyView{}, err
	}
	t := termsAt(all, d.Store.Now())
	p, err := d.Store.Policy(ctx, version)
	if errors.Is(err, storage.ErrNotFound) && version == policy.Version {
		p, err = builtinPolicy(), nil
	}
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{fmt.Sprintf("there is no version %s; imagika admin policy list lists them", version)}
	}
	v := policyView(p, t)
	v.Texts, v.Summary = p.Texts, p.Summary
	return v, err
}

func policyView(p storage.Policy, t terms) PolicyView {
	return PolicyView{
		Version: p.Version, Effective: p.Effective, Published: p.Published, Material: p.Material, InForce: p.Version == t.version, SHA256: p.SHA256,
		Announcement: p.Announcement,
	}
}

// ChildView is the request that erases a child's account.
type ChildView struct {
	Person string `json:"person"` // hashed
	Right  string `json:"right"`
}

// Child has the account of somebody who was reported to be a child erased at once, and keeps them out as if they had said so.
func (d *Desk) Child(ctx context.Context, by storage.By, name string) (ChildView, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return ChildView{}, err
	}
	hash := d.personHash(p.ID)
	ref, _, err := d.Store.RefuseAge(ctx, storage.Effect{User: p.ID}, p, &storage.Act{By: by, What: "users child", Object: hash})
	if errors.Is(err, storage.ErrRestricted) {
		err = &OperatorError{"the account is being erased already"}
	}
	return ChildView{hash, ref.ID}, err
}

// policyButtons stand under the announcement of a version: agree ahead of time, and read it where no page shows it.
func (w *Workers) policyButtons(p storage.Person, version string) [][]telegram.Button {
	t := w.printer(p.Lang)
	row := telegram.Row(w.ownButton(t, p, texts.ButtonAgree, telegram.OpAgree, version))
	if w.Settings.PolicyURL == "" {
		row = append(row, w.ownButton(t, p, texts.ButtonPolicy, telegram.OpPolicy, version))
	}
	return rowsOf(row)
}

// PublishFirst makes the version that the program brings the one in force, where none was published yet. From then on a release that
// brings another changes nothing for people before the operator publishes it.
func (w *Workers) PublishFirst(ctx context.Context) error {
	p := builtinPolicy()
	first, err := w.Store.FirstPolicy(ctx, p)
	if err == nil && first {
		w.Log.InfoContext(ctx, "policy published", "version", p.Version)
	}
	if err != nil || first {
		return err
	}
	if _, err = w.Store.Policy(ctx, p.Version); errors.Is(err, storage.ErrNotFound) {
		w.Log.InfoContext(ctx, "the policy of this release is not published", "publish", "imagika admin policy publish "+p.Version)
		return nil
	}
	return err
}
