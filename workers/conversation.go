package workers

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/oklog/ulid/v2"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// A conversation: what people see while it lives, how it ends, and what they can do about each other after. At its end the
// program forgets who talked with whom. The buttons under the last message remember it instead: they carry the partner in a
// form that only this program reads, so that who has the message can still report the partner or keep them out.

// talkingButtons are what can be done in a conversation.
func (w *Workers) talkingButtons(t texts.Printer, p storage.Person) [][]telegram.Button {
	return rowsOf(row(w.ownButton(t, p, texts.ButtonChatNext, telegram.OpChatLeave, "ask-next"), w.ownButton(t, p, texts.ButtonChatEnd, telegram.OpChatLeave, "ask-left")))
}

// sayTalking answers what only makes sense outside of a conversation.
func (w *Workers) sayTalking(ctx context.Context, in *incoming) error {
	w.say(in, texts.MessageChatTalking, nil, w.talkingButtons(in.texts, in.person)...)
	return w.done(ctx, in)
}

// sayIdle answers what only makes sense in a conversation.
func (w *Workers) sayIdle(ctx context.Context, in *incoming) error {
	return w.sayFind(ctx, in, texts.MessageChatIdle)
}

// sayFind says why nothing is done, and offers to find somebody.
func (w *Workers) sayFind(ctx context.Context, in *incoming, key texts.Key) error {
	if !w.Settings.Conversations {
		return w.chatOff(ctx, in)
	}
	w.say(in, key, nil, row(w.chatButton(in, texts.ButtonChatFind, "find")))
	return w.done(ctx, in)
}

// exitChatCommand asks whether to end the conversation, or leaves the lobby.
func (w *Workers) exitChatCommand(ctx context.Context, in *incoming, _ string) error {
	switch in.person.Chat() {
	case storage.ChatIdle:
		return w.sayIdle(ctx, in)
	case storage.ChatLobby:
		return w.cancelFindCommand(ctx, in, "")
	}
	w.say(in, texts.MessageChatSure, nil, w.sureButtons(in, storage.EndLeft))
	return w.done(ctx, in)
}

func (w *Workers) sureButtons(in *incoming, reason storage.EndReason) []telegram.Button {
	yes := texts.ButtonChatEndYes
	if reason == storage.EndNext {
		yes = texts.ButtonChatNextYes
	}
	return row(w.button(in, yes, telegram.OpChatLeave, string(reason), newNonce()), w.button(in, texts.ButtonChatStay, telegram.OpChatLeave, "stay", ""))
}

// nextCommand ends the conversation and looks for somebody else.
func (w *Workers) nextCommand(ctx context.Context, in *incoming, _ string) error {
	if in.person.Chat() != storage.ChatConversation {
		return w.chatCommand(ctx, in, "")
	}
	return w.endOwn(ctx, in, storage.EndNext)
}

// pressLeave is a press on a button that ends a conversation, or asks whether to.
func (w *Workers) pressLeave(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, "")
	switch p.Object {
	case "ask-next", "ask-left":
		if in.person.Chat() != storage.ChatConversation {
			return w.chatOver(ctx, in, p)
		}
		key, reason := texts.MessageChatSure, storage.EndLeft
		if p.Object == "ask-next" {
			key, reason = texts.MessageChatSureNext, storage.EndNext
		}
		w.say(in, key, nil, w.sureButtons(in, reason))
		return w.done(ctx, in)
	case "stay":
		w.edit(in, p, "", nil)
		return w.done(ctx, in)
	}
	w.edit(in, p, "", nil)
	return w.endOwn(ctx, in, storage.EndReason(p.Object))
}

// chatOver answers a press about a conversation that is over.
func (w *Workers) chatOver(ctx context.Context, in *incoming, p press) error {
	in.effect.Nonce, in.effect.Sends = "", nil
	w.answer(in, p, texts.AnswerChatOver)
	w.edit(in, p, "", nil)
	return w.done(ctx, in)
}

// endOwn ends the conversation of the person of the update; next looks for somebody else then.
func (w *Workers) endOwn(ctx context.Context, in *incoming, reason storage.EndReason) error {
	c, err := w.Store.Conversation(ctx, in.person.ID)
	if err == nil {
		err = w.part(ctx, in.effect, c, reason)
	}
	if errors.Is(err, storage.ErrNotFound) { // the other was first, and both were told
		in.effect.Nonce = ""
		return w.done(ctx, in)
	}
	if err != nil || reason != storage.EndNext {
		return err
	}
	in.effect = storage.Effect{User: in.person.ID}
	in.person.Talking = false
	return w.findPartner(ctx, in, nil)
}

// endTalk ends the conversation that somebody is in, if any.
func (w *Workers) endTalk(ctx context.Context, user int64, reason storage.EndReason) error {
	c, err := w.Store.Conversation(ctx, user)
	if err == nil {
		err = w.part(ctx, storage.Effect{}, c, reason)
	}
	return ignore(err, storage.ErrNotFound)
}

// part ends a conversation and tells both, each once: whoever comes second gets storage.ErrNotFound if there is an update to
// be answered, and nothing else.
func (w *Workers) part(ctx context.Context, e storage.Effect, c storage.Conversation, reason storage.EndReason) error {
	own, err := w.Store.PersonByID(ctx, c.User)
	if err != nil {
		return err
	}
	partner, err := w.Store.PersonByID(ctx, c.Partner)
	if err != nil {
		return err
	}
	out, err := w.Store.End(ctx, e, c, reason, func(dropped [2]int) []storage.Send {
		ours, theirs := partingTexts(reason)
		return append(w.partingSends(c, own, partner, ours, dropped[c.Side]), w.partingSends(c, partner, own, theirs, dropped[1-c.Side])...)
	})
	if err != nil {
		if e.Update == "" {
			err = ignore(err, storage.ErrNotFound)
		}
		return err
	}
	w.Metrics.endings.WithLabelValues(string(reason)).Inc()
	w.post(ctx, out)
	return nil
}

// partingTexts are what the one who ended it is told, and the other.
func partingTexts(reason storage.EndReason) (ours, theirs texts.Key) {
	switch reason {
	case storage.EndIdle:
		return texts.MessageChatEndedIdle, texts.MessageChatEndedIdle
	case storage.EndOff:
		return texts.MessageChatEndedOff, texts.MessageChatEndedOff
	}
	return texts.MessageChatEnded, texts.MessageChatEndedByPartner
}

// partingSends are what one of the two is told at the end.
func (w *Workers) partingSends(c storage.Conversation, p, partner storage.Person, text texts.Key, dropped int) (sends []storage.Send) {
	if dropped > 0 {
		sends = append(sends, w.chatSend(p, "", texts.MessageChatDropped, map[string]any{"Count": dropped}))
	}
	return append(sends, w.chatSend(p, "", text, nil, w.partedButtons(w.printer(p.Lang), p, parted{c.ID, partner.ID})...))
}

func (w *Workers) partedButtons(t texts.Printer, p storage.Person, of parted) [][]telegram.Button {
	object := w.partedObject(of, p.TelegramID)
	find := w.ownButton(t, p, texts.ButtonChatFind, telegram.OpChat, "find")
	if !w.Settings.Conversations {
		find = telegram.Button{}
	}
	return rowsOf(
		row(find),
		row(w.ownButton(t, p, texts.ButtonChatBlock, telegram.OpChatBlock, object), w.ownButton(t, p, texts.ButtonReport, telegram.OpChatReport, object)),
	)
}

// parted is what the buttons under the end of a conversation are about.
type parted struct {
	conversation string
	partner      int64
}

// partedObject writes it for the buttons of one person. The partner is covered by a code that is used for this person and this
// conversation alone; that nobody changed it the signature of the button says.
func (w *Workers) partedObject(of parted, owner int64) string {
	id, err := ulid.ParseStrict(of.conversation)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(id[:], uint64(of.partner)^w.cover(of.conversation, owner)))
}

// parseParted reads it; ok is false for one that is not.
func (w *Workers) parseParted(object string, owner int64) (of parted, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(object)
	if err != nil || len(raw) != 24 {
		return of, false
	}
	of.conversation = ulid.ULID(raw[:16]).String()
	of.partner = int64(binary.BigEndian.Uint64(raw[16:]) ^ w.cover(of.conversation, owner))
	return of, true
}

func (w *Workers) cover(conversation string, owner int64) uint64 {
	return binary.BigEndian.Uint64(w.Sealer.MAC("partner", conversation, strconv.FormatInt(owner, 10)))
}

// pressBlock keeps a former partner out for good.
func (w *Workers) pressBlock(ctx context.Context, in *incoming, p press) error {
	of, ok := w.parseParted(p.Object, in.person.TelegramID)
	if !ok {
		return w.expired(ctx, in, p)
	}
	w.answer(in, p, texts.AnswerChatBlocked)
	w.edit(in, p, "", rowsOf(row(w.chatButton(in, texts.ButtonChatFind, "find")), row(w.button(in, texts.ButtonReport, telegram.OpChatReport, p.Object, ""))))
	out, err := w.Store.Bar(ctx, in.effect, in.person.ID, of.partner)
	if err != nil {
		return err
	}
	w.post(ctx, out)
	c, err := w.Store.Conversation(ctx, in.person.ID)
	if err == nil && c.Partner == of.partner { // they met again
		return w.part(ctx, storage.Effect{}, c, storage.EndBlocked)
	}
	return ignore(err, storage.ErrNotFound)
}

// pressConversation routes the buttons around conversations.
func (w *Workers) pressConversation(ctx context.Context, in *incoming, p press) error {
	switch p.Op {
	case telegram.OpChatLeave:
		return w.pressLeave(ctx, in, p)
	case telegram.OpChatBlock:
		return w.pressBlock(ctx, in, p)
	case telegram.OpChatReport:
		return w.pressReportChat(ctx, in, p)
	case telegram.OpChatReportAs:
		return w.pressReportAs(ctx, in, p)
	case telegram.OpDeskReport, telegram.OpDeskPause, telegram.OpDeskDismiss:
		return w.pressReportDesk(ctx, in, p)
	}
	return w.pressChat(ctx, in, p)
}
