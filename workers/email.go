package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// An e-mail address is somebody's once they have typed the code that was sent to it. It is asked for, proved and removed in the
// chat; whether it is anybody else's too is not told. The same code is the second of two confirmations before everything about
// a person goes to an address; the first is a button under the address as it was understood.

// exampleAddress is one that nobody has.
const exampleAddress = "ann@example.com"

// askMail shows the linked address, or asks for one.
func (w *Workers) askMail(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	if w.Mail == nil {
		w.say(in, texts.MessageMailOff, nil)
		return w.done(ctx, in)
	}
	e, err := w.Store.Email(ctx, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return w.askAddress(ctx, in, p, storage.CodeLink, texts.MessageMailAsk)
	}
	if err != nil {
		return err
	}
	w.say(in, texts.MessageMailShown, map[string]any{"Address": e.Address, "When": e.Verified}, row(
		w.button(in, texts.ButtonMailChange, telegram.OpMail, "new", ""), w.button(in, texts.ButtonMailRemove, telegram.OpMailRemove, "", newNonce()),
	))
	return w.done(ctx, in)
}

// askPort asks where everything about the person is to go.
func (w *Workers) askPort(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	if w.Mail == nil {
		w.say(in, texts.MessageMailOff, nil)
		return w.done(ctx, in)
	}
	return w.askAddress(ctx, in, p, storage.CodePort, texts.MessagePortAsk)
}

// askAddress asks for an address in reply to the message that was pressed.
func (w *Workers) askAddress(ctx context.Context, in *incoming, p press, purpose storage.CodePurpose, key texts.Key) error {
	body := w.body(in, key, map[string]any{"Example": exampleAddress})
	body.ReplyTo, body.Asks, body.About = p.messageID(), true, &storage.About{Email: &storage.AskedEmail{Purpose: purpose}}
	w.tell(in, body)
	return w.done(ctx, in)
}

// pressMail is a press around addresses.
func (w *Workers) pressMail(ctx context.Context, in *incoming, p press) error {
	switch {
	case p.Op == telegram.OpMailRemove:
		return w.removeMail(ctx, in, p)
	case p.Op == telegram.OpMailPort:
		return w.confirmPort(ctx, in, p)
	case p.Object == "no":
		w.answer(in, p, "")
		w.edit(in, p, in.texts.HTML(texts.MessagePortDropped, nil), nil)
		return w.done(ctx, in)
	case p.Object == "new" && w.Mail != nil:
		w.answer(in, p, "")
		return w.askAddress(ctx, in, p, storage.CodeLink, texts.MessageMailAsk)
	}
	return w.askMail(ctx, in, p)
}

func (w *Workers) removeMail(ctx context.Context, in *incoming, p press) error {
	said := len(in.effect.Sends)
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageMailRemoved, nil), nil)
	out, err := w.Store.DropEmail(ctx, in.effect, in.person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = in.effect.Sends[:said]
		return w.expired(ctx, in, p)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// aboutEmail is a reply to a question about an address or a code.
func (w *Workers) aboutEmail(ctx context.Context, in *incoming, asked storage.AskedEmail, words string) error {
	if asked.Code != "" {
		return w.tryCode(ctx, in, asked, words)
	}
	address, err := mail.Address(words)
	switch {
	case w.Mail == nil:
		w.say(in, texts.MessageMailOff, nil)
		return w.done(ctx, in)
	case err != nil:
		w.question(in, texts.MessageMailBad, map[string]any{"Typed": words, "Example": exampleAddress}, storage.About{Email: &asked})
		return w.done(ctx, in)
	}
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	c := storage.EmailCode{ID: id, User: in.person.ID, Purpose: asked.Purpose, Address: address}
	if asked.Purpose == storage.CodePort {
		return w.proposePort(ctx, in, c)
	}
	return w.sendCode(ctx, in, c, false)
}

// proposePort shows an address as it was understood, and asks whether everything is to go there.
func (w *Workers) proposePort(ctx context.Context, in *incoming, c storage.EmailCode) error {
	w.say(in, texts.MessagePortConfirm, map[string]any{"Address": c.Address}, row(
		w.button(in, texts.ButtonPortYes, telegram.OpMailPort, c.ID, newNonce()), w.button(in, texts.ButtonPortNo, telegram.OpMail, "no", ""),
	))
	out, err := w.Store.ProposeEmail(ctx, in.effect, c)
	if errors.Is(err, storage.ErrRestricted) { // nothing is kept of somebody who is being erased
		in.effect.Sends = nil
		return w.done(ctx, in)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

func (w *Workers) confirmPort(ctx context.Context, in *incoming, p press) error {
	c, err := w.Store.ProposedEmail(ctx, in.person.ID, p.Object)
	if errors.Is(err, storage.ErrNotFound) || err == nil && w.Mail == nil {
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	w.edit(in, p, "", nil)
	return w.sendCode(ctx, in, c, true)
}

// sendCode sends a code to an address and asks for it.
func (w *Workers) sendCode(ctx context.Context, in *incoming, c storage.EmailCode, proposed bool) error {
	digits, said := newDigits(6), len(in.effect.Sends)
	body := w.body(in, texts.MessageMailCode, map[string]any{"Address": c.Address, "Life": storage.CodeTime})
	body.Asks, body.About = true, &storage.About{Email: &storage.AskedEmail{Purpose: c.Purpose, Code: c.ID}}
	w.tell(in, body)
	ref, out, err := w.Store.SendCode(ctx, in.effect, c, proposed, digits, storage.Mail{
		User: c.User, Kind: storage.MailCode, Expires: time.Now().Add(storage.CodeTime),
		Body: storage.MailBody{
			To: c.Address, Subject: in.texts.Plain(texts.SubjectCode, map[string]any{"Code": digits}),
			Text: in.texts.Plain(texts.MailCode, map[string]any{"Code": digits, "Bot": w.BotName, "Life": storage.CodeTime}),
		},
	})
	switch {
	case errors.Is(err, storage.ErrTooMany):
		return w.sayInstead(ctx, in, said, texts.MessageMailMany, nil)
	case errors.Is(err, storage.ErrNotFound): // the address is too old
		return w.sayInstead(ctx, in, said, texts.MessageMailOver, nil)
	case errors.Is(err, storage.ErrRestricted):
		in.effect.Sends = in.effect.Sends[:said]
		return w.done(ctx, in)
	case err != nil:
		return err
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewMailSendTask(ref.ID, ref.Epoch))
	return nil
}

// newDigits are so many of them.
func newDigits(count int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(count)), nil)
	n, err := rand.Int(rand.Reader, most)
	if err != nil {
		panic(err) // never fails
	}
	return fmt.Sprintf("%0*d", count, n)
}

// typedDigits returns the code in what somebody typed, and false where it can be none.
func typedDigits(words string) (string, bool) {
	digits, ok := onlyDigits(words)
	return digits, ok && len(digits) == 6
}

// onlyDigits takes spaces out of what somebody typed, and reports whether digits are left alone.
func onlyDigits(words string) (string, bool) {
	digits := strings.Join(strings.Fields(words), "")
	return digits, digits != "" && strings.Trim(digits, "0123456789") == ""
}

// typedCode takes a code that was not typed as a reply, while one is waited for. It reports whether it was one.
func (w *Workers) typedCode(ctx context.Context, in *incoming, m *telegram.Message) (done bool, err error) {
	if _, ok := typedDigits(m.Text); !ok || in.talking() || in.chat.Type != telegram.ChatPrivate {
		return false, nil
	}
	c, err := w.Store.OpenCode(ctx, in.person.ID)
	if err != nil {
		return false, ignore(err, storage.ErrNotFound)
	}
	in.message = m
	return true, w.tryCode(ctx, in, storage.AskedEmail{Purpose: c.Purpose, Code: c.ID}, m.Text)
}

// tryCode compares a code with the one that was sent.
func (w *Workers) tryCode(ctx context.Context, in *incoming, asked storage.AskedEmail, words string) error {
	digits, _ := typedDigits(words)
	said := len(in.effect.Sends)
	r, out, err := w.Store.TryCode(ctx, in.effect, in.person.ID, asked.Code, digits, func(r storage.CodeResult) []storage.Send {
		in.effect.Sends = in.effect.Sends[:said] // a transaction that is tried again says it once
		w.tellTried(in, asked, r)
		return in.effect.Sends[said:]
	})
	switch {
	case errors.Is(err, storage.ErrExpired):
		return w.sayInstead(ctx, in, said, texts.MessageMailOver, nil)
	case errors.Is(err, storage.ErrConsumed): // the code is as good as before
		return w.sayInstead(ctx, in, said, texts.MessagePortRunning, nil)
	case errors.Is(err, storage.ErrRestricted):
		in.effect.Sends = in.effect.Sends[:said]
		return w.done(ctx, in)
	case err != nil:
		return err
	}
	w.post(ctx, out)
	if r.Ref.ID != "" {
		w.enqueue(ctx, queue.NewRightServeTask(r.Ref.ID, r.Ref.Epoch))
	}
	return nil
}

// tellTried says what became of a code that was typed.
func (w *Workers) tellTried(in *incoming, asked storage.AskedEmail, r storage.CodeResult) {
	switch {
	case r.Match && r.Purpose == storage.CodePort:
		w.say(in, texts.MessagePortStarted, map[string]any{"Address": r.Address})
	case r.Match:
		w.say(in, texts.MessageMailLinked, map[string]any{"Address": r.Address})
	case r.Left > 0:
		w.question(in, texts.MessageMailWrong, map[string]any{"Count": r.Left}, storage.About{Email: &asked})
	default:
		w.say(in, texts.MessageMailOver, nil)
	}
}
