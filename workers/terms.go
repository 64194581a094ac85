package workers

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/policy"
)

// terms are the versions of the policy that count at a time.
type terms struct {
	version  string   // in force
	accepted []string // to have agreed to one of these is enough
	next     string   // takes effect later, and has to be agreed to; empty for none
}

// inForce finds out which versions count. Whoever agreed to the newest material version in force, or to a later one, has agreed:
// what changed since was small, or is still to come. Where nothing was published it is the one the program brings.
func (w *Workers) inForce(ctx context.Context, now time.Time) (terms, error) {
	all, err := w.Store.Policies(ctx)
	if err != nil {
		return terms{}, err
	}
	return termsAt(all, now), nil
}

func termsAt(all []storage.Policy, now time.Time) terms {
	t := terms{version: policy.Version, accepted: []string{policy.Version}}
	for i, p := range all {
		switch {
		case p.Effective.After(now):
			t.accepted = append(t.accepted, p.Version)
			if t.next == "" && p.Material {
				t.next = p.Version
			}
		case p.Material || i == 0:
			t.version, t.accepted = p.Version, []string{p.Version}
		default:
			t.version, t.accepted = p.Version, append(t.accepted, p.Version)
		}
	}
	return t
}

// policyOf returns a version with its texts: a published one, or the one the program brings.
func (w *Workers) policyOf(ctx context.Context, version string) (storage.Policy, error) {
	p, err := w.Store.Policy(ctx, version)
	if errors.Is(err, storage.ErrNotFound) && version == policy.Version {
		return builtinPolicy(), nil
	}
	return p, err
}

// Policy returns a version of the policy, or the one in force for an empty one; storage.ErrNotFound if there is none of that name.
func (w *Workers) Policy(ctx context.Context, version string) (storage.Policy, error) {
	if version == "" {
		t, err := w.inForce(ctx, w.Store.Now())
		if err != nil {
			return storage.Policy{}, err
		}
		version = t.version
	}
	return w.policyOf(ctx, version)
}

// builtinPolicy is the version that the program brings.
func builtinPolicy() storage.Policy {
	b := policy.Builtin()
	return storage.Policy{Version: policy.Version, Material: true, Texts: b, Summary: map[string]string{}, SHA256: policy.Digest(b)}
}

// summary is what a version changes, in a language.
func (w *Workers) summary(ctx context.Context, version, lang string) (string, error) {
	p, err := w.policyOf(ctx, version)
	return p.Summary[lang], err
}

// digest is of the text of a version.
func (w *Workers) digest(ctx context.Context, version string) (string, error) {
	p, err := w.policyOf(ctx, version)
	return p.SHA256, err
}

// policyURL is the page of the policy in a language; empty where there is none.
func policyURL(page, lang string) string {
	base, ok := strings.CutSuffix(page, "/privacy")
	if !ok || lang == policy.Fallback {
		return page
	}
	return base + "/" + lang + "/privacy"
}

// Facts are what the policy depends on and this process knows.
func (w *Workers) Facts() policy.Facts {
	f := w.Settings.Facts
	f.Contact, f.GraceHours = w.Settings.Contact, int(w.Settings.EraseGrace.Hours())
	f.InactiveDays, f.RememberDays = days(w.Settings.Inactive), days(w.Settings.Remember)
	f.BookYears = w.Store.BookYears()
	return f
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// termsCommand shows the terms of use, which the website shows too.
func (w *Workers) termsCommand(ctx context.Context, in *incoming, _ string) error {
	all := policy.Terms()
	text, ok := all[in.texts.Language()]
	if !ok {
		text = all[policy.Fallback]
	}
	f := w.Facts()
	f.Version = policy.TermsVersion
	doc, err := policy.Parse(text, f)
	if err != nil {
		return err
	}
	for _, part := range doc.Messages() {
		w.tell(in, messageBody{Chat: in.chat.ID, Thread: in.thread(), Text: part})
	}
	return w.done(ctx, in)
}

// document is the text of a version in a language, or in the one for everybody.
func (w *Workers) document(p storage.Policy, lang string) (policy.Document, error) {
	text, ok := p.Texts[lang]
	if !ok {
		text = p.Texts[policy.Fallback]
	}
	f := w.Facts()
	f.Version, f.Services = p.Version, strings.Join(w.Services(), ", ")
	f.Builtin = f.Services == ""
	return policy.Parse(text, f)
}
