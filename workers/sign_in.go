package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/texts"
)

// Who cannot use the bot gets at their gallery and their rights in a browser, by a code that is sent to the address they linked. What
// a browser asks for is noted before anybody looks whose address that is, so that it is answered the same, in the same time, whether
// it is known or not; the codes are a task's. A code is typed where it was asked for: the browser shows a secret that it kept. It has
// eight digits: who knows somebody's address can have ten codes a day sent there and guess each five times, which meets it in two
// million days.

// AskSignIn has a code sent to whoever linked an address, for a browser that keeps a secret. A Refusal says that it is no address,
// or was named often lately.
func (w *Workers) AskSignIn(ctx context.Context, p texts.Printer, typed, holder string) error {
	address, err := mail.Address(typed)
	if err != nil {
		return &Refusal{Code: RefusedInvalid, Param: "address", Text: p.Plain(texts.AnswerAppAddress, map[string]any{"Example": exampleAddress})}
	}
	ref, err := w.Store.AskSignIn(ctx, address, holder)
	if errors.Is(err, storage.ErrTooMany) {
		return &Refusal{Code: RefusedTooMany, Text: p.Plain(texts.AnswerAppMails, nil), Wait: time.Hour}
	}
	if err == nil {
		w.enqueue(ctx, queue.NewSignInMailTask(ref.ID, ref.Epoch))
	}
	return err
}

// mailSignIn sends the codes of a sign-in: mostly none, or one. People who share a mailbox get one each.
func (w *Workers) mailSignIn(ctx context.Context, p queue.SignInMail) error {
	people, err := w.Store.SignInPeople(ctx, p.ID)
	if err != nil {
		return err
	}
	codes := make([]storage.SignInCode, 0, len(people))
	for _, id := range people {
		c, err := w.signInCode(ctx, id)
		if errors.Is(err, storage.ErrNotFound) { // unlinked just now
			continue
		}
		if err != nil {
			return err
		}
		codes = append(codes, c)
	}
	mails, err := w.Store.SendSignIn(ctx, p.ID, codes)
	if err != nil {
		return ignore(err, storage.ErrFenced)
	}
	for _, m := range mails {
		w.enqueue(ctx, queue.NewMailSendTask(m.ID, m.Epoch))
	}
	return nil
}

func (w *Workers) signInCode(ctx context.Context, user int64) (c storage.SignInCode, err error) {
	person, err := w.Store.PersonByID(ctx, user)
	if err != nil {
		return c, err
	}
	linked, err := w.Store.Email(ctx, user)
	if err != nil {
		return c, err
	}
	print := w.printer(person.Lang)
	c = storage.SignInCode{User: user, Address: linked.Address, Digits: newDigits(8)}
	data := map[string]any{"Code": c.Digits[:4] + " " + c.Digits[4:], "Bot": w.BotName, "Life": storage.CodeTime, "When": linked.Verified}
	c.Mail = storage.Mail{User: user, Kind: storage.MailCode, Expires: time.Now().Add(storage.CodeTime), Body: storage.MailBody{
		To: linked.Address, Subject: print.Plain(texts.SubjectSignIn, data), Text: print.Plain(texts.MailSignIn, data),
	}}
	return c, nil
}

// SignIn returns who is let in by a code, for a browser that keeps a secret, and what proves it. A Refusal says that it is wrong, or
// that there is none that works any more.
func (w *Workers) SignIn(ctx context.Context, p texts.Printer, holder, typed string) (storage.Person, storage.Proof, error) {
	digits, _ := onlyDigits(typed)
	in, err := w.Store.TrySignIn(ctx, holder, digits)
	switch {
	case errors.Is(err, storage.ErrExpired), err == nil && in.User == 0 && in.Left == 0:
		err = CodeOver(p)
	case err == nil && in.User == 0:
		err = &Refusal{Code: RefusedCode, Param: "code", Text: p.Plain(texts.AnswerAppCode, map[string]any{"Count": in.Left})}
	}
	if err != nil {
		return storage.Person{}, storage.Proof{}, err
	}
	person, err := w.Store.PersonByID(ctx, in.User)
	return person, storage.Proof{SignIn: in.ID}, err
}

// CodeOver says that no code works any more in the browser that asked for one.
func CodeOver(p texts.Printer) *Refusal {
	return &Refusal{Code: RefusedCode, Text: p.Plain(texts.AnswerAppCodeOver, nil)}
}
