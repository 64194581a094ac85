package workers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// What was agreed to can be seen, and taken back as easily as it was given.

// showConsents lists what the person agreed to, with the button that takes it back.
func (w *Workers) showConsents(ctx context.Context, in *incoming, p press) error {
	answers, err := w.Store.Answers(ctx, in.person.ID)
	if err != nil {
		return err
	}
	var rows []texts.Markup
	for _, doc := range []string{storage.DocumentPolicy, storage.DocumentAge} {
		if a, ok := answers[doc]; ok {
			rows = append(rows, w.consentRow(in, a))
		}
	}
	if len(rows) == 0 {
		return w.privacyTurn(ctx, in, p, texts.MessageConsentsNone, nil)
	}
	agreed := answers[storage.DocumentPolicy]
	buttons := telegram.Row(w.policyButton(in, agreed.Version))
	if agreed.Granted {
		buttons = append(buttons, w.button(in, texts.ButtonWithdraw, telegram.OpWithdraw, "", ""))
	}
	return w.privacyTurn(ctx, in, p, texts.MessageConsents, map[string]any{"Rows": rows}, buttons)
}

// policyButton leads to a version, on its page or in the chat.
func (w *Workers) policyButton(in *incoming, version string) telegram.Button {
	if url := policyURL(w.Settings.PolicyURL, in.texts.Language()); url != "" {
		return telegram.Button{Text: in.texts.Plain(texts.ButtonPolicy, nil), URL: url + "/" + version}
	}
	return w.button(in, texts.ButtonPolicy, telegram.OpPolicy, version, "")
}

func (w *Workers) consentRow(in *incoming, a storage.Answer) texts.Markup {
	title, language := texts.NoteConsentPolicy, ""
	switch {
	case a.Outcome == storage.AgeAdult:
		title = texts.NoteConsentAdult
	case a.Outcome == storage.AgeMinor:
		title = texts.NoteConsentMinor
	case a.Document == storage.DocumentPolicy:
		language = w.printer(a.Locale).Plain(texts.ButtonLanguage, nil)
	}
	var services []string
	for _, o := range w.outside() {
		if slices.Contains(a.Shown, o.Name()) {
			services = append(services, Title(o))
		}
	}
	return in.texts.Markup(texts.RowConsent, map[string]any{
		"Title": in.texts.Plain(title, nil), "Version": a.Version, "When": a.Given, "Language": language,
		"Services": strings.Join(services, ", "), "Withdrawn": !a.Granted,
	})
}

// pressWithdraw asks whether to take the consent back, or does it. Object: nothing, or yes.
func (w *Workers) pressWithdraw(ctx context.Context, in *incoming, p press) error {
	if p.Object != "yes" {
		return w.privacyTurn(ctx, in, p, texts.MessageWithdrawAsk, nil, row(w.button(in, texts.ButtonWithdrawYes, telegram.OpWithdraw, "yes", newNonce())))
	}
	s, err := w.agreement(ctx, in.person)
	if err != nil {
		return err
	}
	c := storage.Consent{User: in.person.ID, Version: s.policy.Version, Locale: in.texts.Language(), Shown: s.policy.Shown}
	commit := func(ctx context.Context, e storage.Effect, _ int64, free, busy []string, final []storage.Send) (storage.Outbox, []storage.Ref, error) {
		return w.Store.Withdraw(ctx, e, c, free, busy, final)
	}
	err = w.cancelBy(ctx, in, commit, func(storage.OpenGeneration) bool { return true }, func(cancellation) error {
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessageWithdrawn, nil), rowsOf(row(w.privacyBack(in))))
		return nil
	})
	if err != nil {
		return err
	}
	return w.endTalk(ctx, in.person.ID, storage.EndLeft)
}

// pressTerms routes the buttons about policy, consent and age.
func (w *Workers) pressTerms(ctx context.Context, in *incoming, p press) error {
	switch p.Op {
	case telegram.OpAge:
		return w.pressAge(ctx, in, p)
	case telegram.OpWithdraw:
		return w.pressWithdraw(ctx, in, p)
	}
	return w.showPolicy(ctx, in, p)
}

// showPolicy shows the version that the button names, or the one in force: by its page, or all of it in the chat.
func (w *Workers) showPolicy(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	one, err := w.policyOf(ctx, p.Object)
	if errors.Is(err, storage.ErrNotFound) {
		var t terms
		if t, err = w.inForce(ctx, w.Store.Now()); err == nil {
			one, err = w.policyOf(ctx, t.version)
		}
	}
	if err != nil {
		return err
	}
	doc, err := w.document(one, in.texts.Language())
	if err != nil {
		return err
	}
	for _, part := range doc.Messages() {
		w.tell(in, messageBody{Chat: in.chat.ID, Thread: in.thread(), Text: part})
	}
	return w.done(ctx, in)
}

// adult reports whether somebody may talk with strangers.
func (w *Workers) adult(ctx context.Context, user int64) (bool, error) {
	answers, err := w.Store.Answers(ctx, user)
	return answers[storage.DocumentAge].Outcome == storage.AgeAdult, err
}
