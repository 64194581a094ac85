package workers

import (
	"context"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// termsVersion names the policy and the age rule that people agree to. Raising it asks everybody again, before the next
// thing they want.
const termsVersion = "2026-11"

// agreedTo are the documents one tap agrees to.
func agreedTo() []string { return []string{"policy", "age"} }

// startCommand greets, and asks for consent where it is missing.
func (w *Workers) startCommand(ctx context.Context, in *incoming, args string) error {
	ok, err := w.Store.Agreed(ctx, in.person.ID, termsVersion, agreedTo())
	if err != nil {
		return err
	}
	if _, _, some := linked(args); ok && some {
		return w.openLink(ctx, in, args)
	}
	if ok {
		w.say(in, texts.MessageStartAgain, nil)
		w.refreshMenu(in)
		return w.done(ctx, in)
	}
	if code, invited := strings.CutPrefix(args, inviteLink+"_"); invited {
		if greeted, err := w.greetInvited(ctx, in, code); err != nil || greeted {
			return err
		}
	}
	w.askConsent(in, texts.MessageWelcome, args)
	w.refreshMenu(in)
	return w.done(ctx, in)
}

// agreed reports whether the person agreed to the terms; if not, it asks and commits that.
func (w *Workers) agreed(ctx context.Context, in *incoming) (bool, error) {
	ok, err := w.Store.Agreed(ctx, in.person.ID, termsVersion, agreedTo())
	if err != nil || ok {
		return ok, err
	}
	if in.chat.Type == telegram.ChatPrivate {
		w.askConsent(in, texts.MessageConsentFirst, "")
	} else {
		w.say(in, texts.MessageGroupHint, map[string]any{"Bot": w.BotName})
	}
	if in.message != nil {
		sayOnce(in, "consent")
	}
	return false, w.done(ctx, in)
}

// askConsent asks, and remembers in the button with which address somebody came.
func (w *Workers) askConsent(in *incoming, key texts.Key, start string) {
	object := termsVersion
	if _, _, ok := linked(start); ok {
		object += "=" + start
	}
	w.say(in, key, map[string]any{"PolicyURL": w.Settings.PolicyURL},
		telegram.Row(w.button(in, texts.ButtonAgree, telegram.OpAgree, object, "")))
}

// agree is the press that consents. The first time it gives the welcome credits.
func (w *Workers) agree(ctx context.Context, in *incoming, p press) error {
	version, start, _ := strings.Cut(p.Object, "=")
	if version != termsVersion {
		w.answer(in, p, texts.AnswerExpired)
		return w.done(ctx, in)
	}
	already, err := w.Store.Agreed(ctx, in.person.ID, termsVersion, agreedTo())
	if err != nil {
		return err
	}
	if already {
		w.answer(in, p, texts.AnswerDone)
		return w.done(ctx, in)
	}
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	welcome := w.Settings.Welcome
	if acc.Posted > 0 {
		welcome = 0 // agreed to an earlier version
	}
	w.answer(in, p, texts.AnswerAgreed)
	w.edit(in, p, "", nil)
	w.say(in, texts.MessageReady, map[string]any{"Count": welcome}, w.linkButton(in, start)...)
	_, out, err := w.Store.Agree(ctx, in.effect, storage.Consent{
		User: in.person.ID, Version: termsVersion, Locale: in.texts.Language(), Grant: w.Settings.Welcome, Document: agreedTo(),
	})
	if err == nil {
		w.post(ctx, out)
	}
	return err
}
