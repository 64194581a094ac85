package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/texts"
)

// E-mail goes out by its own outbox, one row for each. A server that is busy or away is tried again, ever more seldom, until
// the mail would be of no use; one that turns it away is believed. Either way whoever waits for it is told in the chat.

// mailPause is the pause after the first try; each later one is four times as long, up to the longest.
const (
	mailPause   = 10 * time.Second
	longestMail = 30 * time.Minute
)

// sendMail sends an e-mail.
func (w *Workers) sendMail(ctx context.Context, p queue.MailSend) error {
	m, err := w.Store.ClaimMail(ctx, p.ID)
	if err != nil {
		return err
	}
	w.Step("mailing")
	ctx, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewMail(ctx, m) })
	defer stop()
	switch {
	case w.Mail == nil:
		return w.endMail(ctx, m, storage.MailOff)
	case time.Now().After(m.Expires):
		return w.endMail(ctx, m, storage.MailLate)
	}
	err = w.mailOut(ctx, m)
	w.Step("mailed")
	failed, known := errors.AsType[*mail.Error](err)
	switch {
	case err == nil:
		return w.endMail(ctx, m, "")
	case known && failed.Permanent:
		w.Log.WarnContext(ctx, "an e-mail was turned away", "mail", m.ID, "kind", m.Kind, "error", err)
		return w.endMail(ctx, m, storage.MailRefused)
	case known:
		return w.delayMail(ctx, m, err)
	}
	return err
}

// mailOut hands a mail to the server.
func (w *Workers) mailOut(ctx context.Context, m storage.Mail) error {
	out := mail.Mail{ID: m.ID, To: m.Body.To, Subject: m.Body.Subject, Text: m.Body.Text}
	if m.Body.Object == "" {
		return w.Mail.Send(ctx, out)
	}
	file, err := w.open(ctx, storage.Image{User: m.User, Key: m.Body.Object})
	if err != nil {
		return fmt.Errorf("open what goes along: %w", err)
	}
	defer file.Close()
	out.File = &mail.File{Name: m.Body.Name, Body: file}
	return w.Mail.Send(ctx, out)
}

// delayMail puts the next try off, or ends a mail that would come too late.
func (w *Workers) delayMail(ctx context.Context, m storage.Mail, cause error) error {
	w.Log.WarnContext(ctx, "an e-mail was not sent yet", "mail", m.ID, "kind", m.Kind, "tries", m.Tries, "error", cause)
	next := time.Now().Add(min(longestMail, mailPause<<min(2*(m.Tries-1), 20)))
	if next.After(m.Expires) {
		return w.endMail(ctx, m, storage.MailLate)
	}
	ctx, cancel := settled(ctx)
	defer cancel()
	w.Metrics.mails.WithLabelValues(string(m.Kind), "delayed").Inc()
	return w.Store.DelayMail(ctx, m, next)
}

// endMail notes what became of a mail, and tells whoever waits for one that does not come.
func (w *Workers) endMail(ctx context.Context, m storage.Mail, reason storage.MailReason) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	person, err := w.Store.PersonByID(ctx, m.User)
	if err != nil {
		return err
	}
	outcome := "sent"
	var sends []storage.Send
	if reason != "" {
		outcome = string(reason)
	}
	if reason != "" && person.TelegramID != 0 {
		sends = append(sends, w.Desk().tell(person, 0, texts.MessageMailUndelivered, map[string]any{"Address": m.Body.To}))
	}
	out, err := w.Store.EndMail(ctx, m, reason, sends)
	if err != nil {
		return err
	}
	w.Metrics.mails.WithLabelValues(string(m.Kind), outcome).Inc()
	w.post(ctx, out)
	return nil
}
