package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// mailedBytes is the largest file that goes along with a mail: a third more than that passes nearly every server.
const mailedBytes = 10_000_000

// servePort sends everything that is held about a person to the address that they confirmed.
func (w *Workers) servePort(ctx context.Context, r storage.Right) error {
	return w.export(ctx, r, func(storage.Person, exportFile) []storage.Send { return nil },
		func(ctx context.Context, person storage.Person, plan exportPlan) (storage.Outbox, error) {
			return w.mailExport(ctx, r, person, plan)
		})
}

// mailExport mails a small export as it is, and of a larger one a link to each part. Without a site there are no links: the
// person is told to fetch it in the chat.
func (w *Workers) mailExport(ctx context.Context, r storage.Right, person storage.Person, plan exportPlan) (storage.Outbox, error) {
	print := w.printer(person.Lang)
	m := storage.Mail{
		User: r.User, Kind: storage.MailExport, Expires: time.Now().Add(w.Settings.ExportKeep),
		Body: storage.MailBody{To: plan.Address, Subject: print.Plain(texts.SubjectExport, nil)},
	}
	var links []string
	for i, part := range plan.Parts {
		f := exportFile{r.ID, i + 1, len(plan.Parts), part.Bytes}
		if f.Of == 1 && f.Bytes <= mailedBytes {
			m.Body.Object, m.Body.Name = w.exportKey(r.User, r.ID, f.Number), f.name()
			break
		}
		url := w.exportURL(r.User, f)
		if url == "" {
			return w.Store.EndRight(ctx, r, storage.RightRefused, "large", w.portSends(person, texts.MessagePortLarge, nil))
		}
		links = append(links, url)
	}
	m.Body.Text = print.Plain(texts.MailExport, map[string]any{"Bot": w.BotName, "Index": exportIndex, "Life": w.Settings.ExportKeep, "Rows": links})
	return w.Store.MailRight(ctx, r, m, w.portSends(person, texts.MessagePortSent, map[string]any{"Address": plan.Address}))
}

// portSends tells a person what became of it, in their chat: also who wrote by mail is to know that something left.
func (w *Workers) portSends(person storage.Person, key texts.Key, data map[string]any) []storage.Send {
	if person.TelegramID == 0 {
		return nil
	}
	return []storage.Send{w.Desk().tell(person, 0, key, data)}
}
