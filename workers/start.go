package workers

import (
	"context"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Nothing is processed of somebody who has not answered two things: the question for their age (age.go), of which the outcome is
// kept, and the policy in force (terms.go), with the providers that it names. Whoever answered an older version, or before a
// provider was added, is asked anew before the next thing they want.

// standingOf is what a person agreed to and what is missing.
type standingOf struct {
	terms   terms
	age     storage.Answer
	policy  storage.Answer
	unnamed []string // providers that may get prompts now and were not named then
}

func (s standingOf) aged() bool { return s.age.Granted && s.age.Version == AgeRule }

// accepted reports whether the policy that was agreed to still holds.
func (s standingOf) accepted() bool {
	return s.policy.Granted && slices.Contains(s.terms.accepted, s.policy.Version)
}

func (s standingOf) complete() bool { return s.aged() && s.accepted() && len(s.unnamed) == 0 }

// agreement is how a person stands with the documents.
func (w *Workers) agreement(ctx context.Context, p storage.Person) (s standingOf, err error) {
	if s.terms, err = w.inForce(ctx, w.Store.Now()); err != nil {
		return s, err
	}
	answers, err := w.Store.Answers(ctx, p.ID)
	if err != nil {
		return s, err
	}
	s.age, s.policy = answers[storage.DocumentAge], answers[storage.DocumentPolicy]
	if s.policy.Shown == nil {
		return s, nil
	}
	for _, o := range w.outside() {
		if !slices.Contains(s.policy.Shown, o.Name()) && !slices.Contains(p.Settings.Without, o.Name()) {
			s.unnamed = append(s.unnamed, Title(o))
		}
	}
	return s, nil
}

// startCommand greets, and asks for what is missing.
func (w *Workers) startCommand(ctx context.Context, in *incoming, args string) error {
	s, err := w.agreement(ctx, in.person)
	if err != nil {
		return err
	}
	_, _, some := linked(args)
	switch {
	case s.complete() && some:
		return w.openLink(ctx, in, args)
	case s.complete():
		if waits, err := w.eraseWaits(ctx, in); err != nil || waits {
			return err
		}
		w.say(in, texts.MessageStartAgain, nil)
		w.refreshMenu(in)
		return w.done(ctx, in)
	}
	if code, invited := strings.CutPrefix(args, inviteLink+"_"); invited {
		if greeted, err := w.greetInvited(ctx, in, s, code); err != nil || greeted {
			return err
		}
	}
	if err := w.askMissing(ctx, in, s, texts.MessageWelcome); err != nil {
		return err
	}
	w.refreshMenu(in)
	if !some {
		return w.done(ctx, in)
	}
	in.person.Settings.Start = args
	return w.saveSettings(ctx, in)
}

// agreed reports whether the person agreed to what they have to; if not, it asks and commits that.
func (w *Workers) agreed(ctx context.Context, in *incoming) (bool, error) {
	s, err := w.agreement(ctx, in.person)
	if err != nil || s.complete() {
		return err == nil, err
	}
	if in.chat.Type != telegram.ChatPrivate {
		w.say(in, texts.MessageGroupHint, map[string]any{"Bot": w.BotName})
	} else {
		if born, ok := w.saidBirth(in); ok && !s.aged() {
			return false, w.bornIn(ctx, in, nil, s, born, "")
		}
		if err := w.askMissing(ctx, in, s, ""); err != nil {
			return false, err
		}
	}
	if in.message != nil {
		sayOnce(in, "consent")
	}
	return false, w.done(ctx, in)
}

// askMissing asks for the first thing that is missing. Greeting, if set, asks for the age in its own words.
func (w *Workers) askMissing(ctx context.Context, in *incoming, s standingOf, greeting texts.Key) error {
	switch {
	case !s.aged():
		return w.askAge(ctx, in, greeting)
	case !s.accepted():
		return w.askConsent(ctx, in, nil, s)
	}
	w.say(in, texts.MessageProvidersNew, map[string]any{"Services": strings.Join(s.unnamed, ", ")}, w.agreeButtons(in, s.terms.version)...)
	return nil
}

// askConsent asks for consent to the policy in force: in the message whose button was pressed, or in a new one.
func (w *Workers) askConsent(ctx context.Context, in *incoming, p *press, s standingOf) error {
	summary := ""
	changed := s.policy.Granted && !s.accepted()
	if changed {
		var err error
		if summary, err = w.summary(ctx, s.terms.version, in.texts.Language()); err != nil {
			return err
		}
	}
	data := map[string]any{
		"Services": strings.Join(w.Services(), ", "), "PolicyURL": policyURL(w.Settings.PolicyURL, in.texts.Language()), "Changed": changed, "Summary": summary,
	}
	rows := w.agreeButtons(in, s.terms.version)
	if p != nil && p.query.Message != nil {
		w.edit(in, *p, in.texts.HTML(texts.MessageConsent, data), rows)
		return nil
	}
	w.say(in, texts.MessageConsent, data, rows...)
	return nil
}

// agreeButtons agree to a version, and show it where no page does.
func (w *Workers) agreeButtons(in *incoming, version string) [][]telegram.Button {
	agree := telegram.Row(w.button(in, texts.ButtonAgree, telegram.OpAgree, version, ""))
	if w.Settings.PolicyURL == "" {
		agree = append(agree, w.policyButton(in, version))
	}
	return rowsOf(agree)
}

// agree is the press that consents to a version, or takes back that it was withdrawn. The first time it gives the welcome credits.
func (w *Workers) agree(ctx context.Context, in *incoming, p press) error {
	s, err := w.agreement(ctx, in.person)
	if err != nil {
		return err
	}
	version, _, _ := strings.Cut(p.Object, "=")
	switch {
	case !slices.Contains(s.terms.accepted, version):
		w.answer(in, p, texts.AnswerExpired)
		if err := w.askMissing(ctx, in, s, ""); err != nil {
			return err
		}
		return w.done(ctx, in)
	case !s.aged():
		w.answer(in, p, "")
		if err := w.askAge(ctx, in, ""); err != nil {
			return err
		}
		return w.done(ctx, in)
	case s.complete() && s.policy.Version == version:
		w.answer(in, p, texts.AnswerDone)
		return w.done(ctx, in)
	}
	return w.consent(ctx, in, p, s, version)
}

// consent commits what agree found to be in order.
func (w *Workers) consent(ctx context.Context, in *incoming, p press, s standingOf, version string) error {
	welcomed, err := w.Store.Welcomed(ctx, in.person.ID)
	if err != nil {
		return err
	}
	digest, err := w.digest(ctx, version)
	if err != nil {
		return err
	}
	c := storage.Consent{
		User: in.person.ID, Version: version, Locale: in.texts.Language(), SHA256: digest, Shown: []string{}, Grant: w.Settings.Welcome,
		Document: []string{storage.DocumentPolicy},
	}
	for _, o := range w.outside() {
		c.Shown = append(c.Shown, o.Name())
	}
	if s.accepted() && len(s.unnamed) == 0 { // ahead of its time
		w.answer(in, p, texts.AnswerPolicyAgreed)
	} else {
		w.answer(in, p, texts.AnswerAgreed)
		w.ready(in, &c, welcomed)
	}
	w.edit(in, p, "", nil)
	_, out, err := w.Store.Agree(ctx, in.effect, c)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// ready says what can be done now, and opens what somebody came with.
func (w *Workers) ready(in *incoming, c *storage.Consent, welcomed bool) {
	welcome := w.Settings.Welcome
	if welcomed { // agreed to an earlier version, or was here before
		welcome = 0
	}
	w.say(in, texts.MessageReady, map[string]any{"Count": welcome}, w.linkButton(in, in.person.Settings.Start)...)
	if in.person.Settings.Start != "" {
		in.person.Settings.Start = ""
		c.Settings = &in.person.Settings
	}
}
