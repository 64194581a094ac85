package workers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Reporting a partner: a reason of a closed list, and as evidence only what the reporter sends after it, or the messages they
// reply to with /report. A report does not say who made it.

// chatReason is what can be wrong with a partner: its letter in buttons, its name in the database.
type chatReason struct {
	letter, name string
	text         texts.Key
}

func chatReasons() []chatReason {
	return []chatReason{
		{"s", "spam", texts.ButtonChatSpam},
		{"r", "rude", texts.ButtonChatRude},
		{"x", "sexual", texts.ButtonChatSexual},
		{"m", "minor", texts.ButtonChatMinor},
		{"t", "threat", texts.ButtonChatThreat},
		{"o", "other", texts.ButtonChatOther},
	}
}

// evidenceTime is how long what a reporter sends is added to their report.
const evidenceTime = 30 * time.Minute

// reportCommand reports the partner of a conversation. As a reply it adds the message it answers, also to a report just made.
func (w *Workers) reportCommand(ctx context.Context, in *incoming, _ string) error {
	c, err := w.Store.Conversation(ctx, in.person.ID)
	switch {
	case err == nil && in.message.ReplyTo != nil && w.collecting(in):
		return w.addEvidence(ctx, in, in.message.ReplyTo)
	case err == nil:
		object := w.partedObject(parted{c.ID, c.Partner}, in.person.TelegramID)
		w.say(in, texts.MessageChatReportWhy, nil, w.reasonButtons(in, object)...)
		return w.done(ctx, in)
	case !errors.Is(err, storage.ErrNotFound):
		return err
	case w.collects(in) && in.message.ReplyTo != nil:
		return w.addEvidence(ctx, in, in.message.ReplyTo)
	}
	w.say(in, texts.MessageChatReportHow, nil)
	return w.done(ctx, in)
}

func (w *Workers) reasonButtons(in *incoming, object string) [][]telegram.Button {
	var all []telegram.Button
	for _, r := range chatReasons() {
		all = append(all, w.button(in, r.text, telegram.OpChatReportAs, object+r.letter, ""))
	}
	return grid(all, 2)
}

// pressReportChat asks what is wrong with a former partner.
func (w *Workers) pressReportChat(ctx context.Context, in *incoming, p press) error {
	if _, ok := w.parseParted(p.Object, in.person.TelegramID); !ok {
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, "")
	w.say(in, texts.MessageChatReportWhy, nil, w.reasonButtons(in, p.Object)...)
	return w.done(ctx, in)
}

// pressReportAs makes the report, and asks for what shows it.
func (w *Workers) pressReportAs(ctx context.Context, in *incoming, p press) error {
	n := max(len(p.Object)-1, 0)
	of, ok := w.parseParted(p.Object[:n], in.person.TelegramID)
	i := slices.IndexFunc(chatReasons(), func(r chatReason) bool { return r.letter == p.Object[n:] })
	if !ok || i < 0 {
		return w.expired(ctx, in, p)
	}
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	r := storage.ChatReport{ID: id, Conversation: of.conversation, Accused: of.partner, Reason: chatReasons()[i].name}
	told, err := w.reportSends(ctx, r)
	if err != nil {
		return err
	}
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageChatReported, map[string]any{"Talking": in.person.Talking}), rowsOf(row(w.chatReportDone(in))))
	in.effect.Sends = append(in.effect.Sends, told...)
	in.person.Settings.Chat.Report, in.person.Settings.Chat.Until = id, time.Now().Add(evidenceTime).Unix()
	out, err := w.Store.ReportChat(ctx, in.effect, r, in.person.ID, in.person.Settings)
	if errors.Is(err, storage.ErrKeyReuse) {
		in.effect.Sends = nil
		w.answer(in, p, texts.AnswerDone)
		w.edit(in, p, "", nil)
		return w.done(ctx, in)
	}
	if errors.Is(err, storage.ErrNotFound) { // whoever it is about is not here any more
		in.effect.Sends = nil
		w.edit(in, p, "", nil)
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	w.Metrics.chatReports.WithLabelValues(r.Reason).Inc()
	w.post(ctx, out)
	return nil
}

func (w *Workers) chatReportDone(in *incoming) telegram.Button {
	return w.chatButton(in, texts.ButtonChatReportDone, "reported")
}

// collects reports whether what the person sends now is evidence of their report.
func (w *Workers) collects(in *incoming) bool {
	return w.collecting(in) && !in.person.Talking
}

// collecting is collects, or in a conversation, where it takes a reply with the command.
func (w *Workers) collecting(in *incoming) bool {
	own := in.person.Settings.Chat
	return own.Report != "" && time.Now().Unix() < own.Until && in.chat.Type == telegram.ChatPrivate
}

// addEvidence adds a message to the report.
func (w *Workers) addEvidence(ctx context.Context, in *incoming, m *telegram.Message) error {
	one := storage.Evidence{Kind: string(m.Kind()), Text: texts.Keep(2000, strings.TrimSpace(m.Words()))}
	if f, ok := m.Picture(); ok {
		one.File = f.FileID
	}
	w.say(in, texts.MessageChatEvidence, nil, row(w.chatReportDone(in)))
	_, out, err := w.Store.AddEvidence(ctx, in.effect, in.person.Settings.Chat.Report, one)
	switch {
	case errors.Is(err, storage.ErrTooMany), errors.Is(err, storage.ErrNotFound):
		in.effect.Sends = nil
		return w.stopCollecting(ctx, in)
	case err != nil:
		return err
	}
	w.post(ctx, out)
	return nil
}

// stopCollecting ends it: what the person sends is theirs again.
func (w *Workers) stopCollecting(ctx context.Context, in *incoming) error {
	in.person.Settings.Chat.Report, in.person.Settings.Chat.Until = "", 0
	w.say(in, texts.MessageChatReportSent, nil, row(w.chatButton(in, texts.ButtonChatFind, "find")))
	return w.saveSettings(ctx, in)
}
