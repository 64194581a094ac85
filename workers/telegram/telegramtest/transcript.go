package telegramtest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxJournal bounds what is kept of one chat for its transcript, in events.
const maxJournal = 4_000

// Transcript is the chat of p as text that [Play] can perform again: what people did, and
// after it what the bot made of it. There are no ids and no times in it, so the same
// conversation gives the same text.
//
//	# Lines with a hash are remarks; they and empty lines mean nothing.
//	person Ann, en
//	group Foxes: Ann, Ben
//
//	> Ann: /start
//	< Hello! Send me a prompt.
//	| A text goes on behind a bar.
//	  [Try it] [Site ↗]
//	> Ann presses Try it
//	< toast: One moment
//	> Ann sends photo fox.png: make it blue
//	< edits "Hello!": Working on it
//	< photo (reply): Here you are
//	  [Again]
//	> Ann deletes "make it blue"
//	< (silence)
//
// People. "person NAME, LANGUAGE" names somebody; "in TITLE" moves everybody to a group,
// "in private" back. What they do:
//
//	> Ann: text                          > Ann replies to "words": text
//	> Ann sends photo a.png: caption     > Ann replies to "words" with photo a.png: caption
//	> Ann sends photos a.png, b.png      > Ann sends document notes.txt: caption
//	> Ann sends sticker                  (or voice, video, video note, animation, audio,
//	                                      location, venue, contact, dice, story)
//	> Ann presses LABEL                  > Ann presses LABEL under "words"
//	> Ann edits "words": text            > Ann deletes "words"
//	> Ann pays "title"                   > Ann reacts ❤ to "words" (or "no more")
//	> Ann blocks the bot                 > Ann unblocks the bot
//	> Ann adds the bot                   > Ann removes the bot (in a group)
//	> Ann looks                          (at what came without her doing anything)
//
// Words in quotation marks are how a message begins, or its kind ("photo"); the latest one
// that fits is meant. "include FILE" performs another transcript first; "* NAME" calls what
// the test has under that name in [Script.Do].
//
// The bot. Each line that begins with "<" is one message as it is when the bot is done with
// what people did, so that what it showed for a moment is not in the text: a message that
// is new, one that it "edits" or "deletes" or "reacts" to; without a colon an edit is of the
// buttons alone. "toast:" and "alert:" are answers to a press. A kind other than text stands before the colon (photo, album of 3 photos,
// document notes.txt, invoice 20 credits ★50), remarks behind it in brackets. The lines of
// buttons follow, indented: ↗ opens a link, ⧉ copies, ★ pays, ▣ opens a Mini App. An action
// with nothing below it is not waited for; "< (silence)" wants that nothing comes.
//
// What varies. In lines of the bot and in quotation marks "…" stands for anything and {word}
// for a run of characters without a space; "\{" is the brace itself.
func (s *Server) Transcript(p *Person) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := writer{s: s, names: s.names(), files: map[string]int{}, sc: scene{bot: s.opts.Bot.ID}}
	c := s.w.Chats[p.chat]
	w.head(c, p)
	w.all(c.history())
	return w.String()
}

// history is what happened in the chat; messages older than the journal come first, as
// they are now.
func (c *chatState) history() []Event {
	told := map[int64]bool{}
	for _, e := range c.Journal {
		if e.Kind == EventNew {
			told[e.Message.MessageID] = true
		}
	}
	var es []Event
	for _, m := range c.Messages {
		if !told[m.MessageID] && !m.Deleted {
			es = append(es, Event{Kind: EventNew, ChatID: c.Chat.ID, Message: m})
		}
	}
	return append(es, c.Journal...)
}

// note keeps an event of a chat for its transcript, unless that has no word for it.
func (c *chatState) note(e Event) {
	switch e.Kind {
	case EventAction, EventDraft, EventProfile, EventFault, EventCall:
		return
	case EventNew, EventEdited, EventDeleted, EventPressed, EventAnswered, EventStanding, EventPaying, EventPayment:
	}
	c.Journal = append(c.Journal, e)
	if len(c.Journal) > maxJournal {
		c.Journal = slices.Clone(c.Journal[len(c.Journal)-maxJournal/2:])
	}
}

// names gives everybody a name of their own: the first one, or the whole one, or with a number.
func (s *Server) names() map[int64]string {
	names, taken := map[int64]string{}, map[string]bool{}
	for _, id := range s.w.Joined {
		u := s.w.Users[id].User
		whole := strings.TrimSpace(u.FirstName + " " + u.LastName)
		name := u.FirstName
		for n := 1; taken[name]; n++ {
			name = whole
			if n > 1 {
				name += " " + strconv.Itoa(n)
			}
		}
		names[id], taken[name] = name, true
	}
	return names
}

// writer turns events into the text of a transcript.
type writer struct {
	strings.Builder
	s     *Server
	names map[int64]string
	files map[string]int // numbers the files of each kind
	sc    scene
	album []*Message // of a person, not yet complete
}

func (w *writer) head(c *chatState, p *Person) {
	members := []int64{p.id}
	if c.Chat.ID < 0 {
		members = slices.DeleteFunc(slices.Clone(c.Members), func(id int64) bool { return w.names[id] == "" })
	}
	var list []string
	for _, id := range members {
		line := "person " + w.names[id]
		if l := w.s.w.Users[id].User.LanguageCode; l != "" {
			line += ", " + l
		}
		w.WriteString(line + "\n")
		list = append(list, w.names[id])
	}
	if c.Chat.ID < 0 {
		fmt.Fprintf(w, "group %s: %s\nin %s\n", c.Chat.Title, strings.Join(list, ", "), c.Chat.Title)
	}
	w.WriteString("\n")
}

func (w *writer) all(es []Event) {
	for _, e := range es {
		w.event(e)
	}
	w.flushAlbum()
	w.flush()
}

func (w *writer) event(e Event) {
	if len(w.album) > 0 && (e.Kind != EventNew || e.Message.MediaGroupID != w.album[0].MediaGroupID) {
		w.flushAlbum()
	}
	if own := e.Message; e.Kind == EventNew && !own.FromBot() && own.MediaGroupID != "" {
		w.album = append(w.album, own)
	} else if line := w.action(e); line != "" {
		w.flush()
		w.WriteString(line + "\n")
	}
	w.sc.take(e)
}

// flush writes what the bot did up to here.
func (w *writer) flush() {
	for _, it := range w.sc.items() {
		w.WriteString(literal(it.String()) + "\n")
	}
	w.sc.next()
}

func (w *writer) flushAlbum() {
	if len(w.album) == 0 {
		return
	}
	ms := w.album
	w.album = nil
	line := w.sends(ms)
	// The album's own events are in the scene already, as the person's; order does not matter.
	w.flush()
	w.WriteString(line + "\n")
}

// action is the line of what a person did, or "" if it was not a person.
func (w *writer) action(e Event) string {
	switch e.Kind {
	case EventNew:
		if e.Message.FromBot() || e.Message.SuccessfulPayment != nil {
			return ""
		}
		return w.sends([]*Message{e.Message})
	case EventEdited:
		return w.edited(e)
	case EventDeleted:
		if e.UserID == 0 {
			return ""
		}
		return w.does(e.UserID, "deletes "+literal(quote(e.Message)))
	case EventPressed:
		if label := w.label(e); label != "" {
			return w.does(e.UserID, "presses "+label)
		}
		return "# " + w.names[e.UserID] + " presses what is not on the screen"
	case EventStanding:
		return w.does(e.UserID, e.Text+" the bot")
	case EventPaying:
		return w.does(e.UserID, "pays "+strconv.Quote(e.Text))
	case EventAnswered, EventAction, EventDraft, EventProfile, EventPayment, EventFault, EventCall:
	}
	return ""
}

// edited is the line of a person who changes what they wrote, or reacts.
func (w *writer) edited(e Event) string {
	before := w.sc.now[e.Message.MessageID]
	switch {
	case before == nil:
	case e.UserID != 0 && e.UserID != w.sc.bot:
		var emoji strings.Builder
		for _, r := range e.Message.reactionsOf(e.UserID) {
			emoji.WriteString(r.Emoji)
		}
		return w.does(e.UserID, "reacts "+cmp.Or(emoji.String(), "no more")+" to "+literal(quote(before)))
	case !e.Message.FromBot() && before.Content() != e.Message.Content():
		return w.does(e.Message.From.ID, "edits "+literal(quote(before))+":"+indent(e.Message.Content()))
	}
	return ""
}

func (w *writer) does(person int64, what string) string { return "> " + w.names[person] + " " + what }

// sends is the line of what a person sent at once.
func (w *writer) sends(ms []*Message) string {
	m := ms[0]
	kind, _ := m.kind()
	things := kind
	switch kind {
	case kindText:
		if m.ReplyToMessage != nil {
			return w.does(m.From.ID, "replies to "+literal(quote(m.ReplyToMessage))+":"+indent(m.Text))
		}
		return "> " + w.names[m.From.ID] + ":" + indent(m.Text)
	case kindPhoto, kindDocument:
		things = w.filesOf(kind, ms)
	case kindService:
		return w.moves(m)
	default:
		if simple[kind] != nil {
			break
		}
		return "# " + w.names[m.From.ID] + " sends what a script cannot: " + kind
	}
	what := "sends " + things
	if m.ReplyToMessage != nil {
		what = "replies to " + literal(quote(m.ReplyToMessage)) + " with " + things
	}
	if m.Caption != "" {
		what += ":" + indent(m.Caption)
	}
	return w.does(m.From.ID, what)
}

// moves is the line of a service message: who adds the bot to a group, or removes it.
func (w *writer) moves(m *Message) string {
	isBot := func(u User) bool { return u.ID == w.sc.bot }
	switch {
	case slices.ContainsFunc(m.NewChatMembers, isBot):
		return w.does(m.From.ID, "adds the bot")
	case m.LeftChatMember != nil && isBot(*m.LeftChatMember):
		return w.does(m.From.ID, "removes the bot")
	}
	return "# " + w.names[m.From.ID] + " changes the group"
}

// filesOf names the files of messages; photos have no names and get one.
func (w *writer) filesOf(kind string, ms []*Message) string {
	var names []string
	for _, m := range ms {
		if kind == kindDocument {
			names = append(names, m.Document.FileName)
			continue
		}
		w.files[kind]++
		names = append(names, fmt.Sprintf("photo%d.png", w.files[kind]))
	}
	if len(ms) > 1 {
		kind += "s"
	}
	return kind + " " + strings.Join(names, ", ")
}

// label names the button that was pressed, and the message if a later one has it too.
func (w *writer) label(e Event) string {
	b, _ := e.Message.buttonByData(e.Data)
	var latest int64
	for id, m := range w.sc.now {
		if _, ok := m.Button(b.Text); ok && !m.Deleted {
			latest = max(latest, id)
		}
	}
	if latest == e.Message.MessageID || latest == 0 {
		return b.Text
	}
	return b.Text + " under " + literal(quote(e.Message))
}
