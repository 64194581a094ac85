package telegramtest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Bounds of what is kept; when full, the oldest goes.
const (
	maxMessages   = 5_000 // in each chat
	maxUpdates    = 100_000
	maxCallbacks  = 20_000
	maxFileBytes  = 1 << 30 // uploads in all
	maxCalls      = 5_000
	maxEvents     = 20_000
	maxViolations = 1_000
)

// world is everything Telegram itself would remember: what a snapshot keeps.
type world struct {
	Version       int                           `json:"version"`
	Seq           uint64                        `json:"seq"`     // of events
	NextID        int64                         `json:"next_id"` // of files, queries, albums
	Users         map[int64]*userState          `json:"users"`
	Joined        []int64                       `json:"joined"` // user ids in order of joining
	Chats         map[int64]*chatState          `json:"chats"`
	Files         map[string]*fileState         `json:"files"` // by file_id
	FileOrder     []string                      `json:"file_order"`
	FileBytes     int64                         `json:"file_bytes"`
	Callbacks     map[string]*callbackState     `json:"callbacks"`
	CallbackLog   []string                      `json:"callback_log"`
	Updates       []*pending                    `json:"updates"` // unconfirmed, oldest first
	Seen          []*pending                    `json:"-"`       // confirmed lately, for Redeliver
	Stale         []int64                       `json:"-"`       // ids of updates that were given up before the bot asked for them
	NextUpdate    int64                         `json:"next_update"`
	Epochs        []epoch                       `json:"epochs"`               // runs of update ids
	Allowed       []string                      `json:"allowed"`              // nil means the default set
	LoggedOut     int64                         `json:"logged_out,omitempty"` // until, in Unix milliseconds
	GroupRights   AdministratorRights           `json:"group_rights"`
	ChannelRights AdministratorRights           `json:"channel_rights"`
	Webhook       webhookState                  `json:"webhook"`
	Commands      map[string][]BotCommand       `json:"commands"` // by scope and language
	Descriptions  map[string]string             `json:"descriptions"`
	Shorts        map[string]string             `json:"shorts"`
	Names         map[string]string             `json:"names"`
	Menus         map[int64]json.RawMessage     `json:"menus"` // by chat, 0 for the default
	Links         map[string]*invoiceState      `json:"links"`
	Invoices      map[string]*invoiceState      `json:"invoices"` // by chat and message
	Checkouts     map[string]*checkoutState     `json:"checkouts"`
	Charges       []*chargeState                `json:"charges"`
	Paying        []string                      `json:"paying"` // checkouts without an answer
	Ledger        []*starEntry                  `json:"ledger"`
	Subscriptions map[string]*subscriptionState `json:"subscriptions"` // by first charge
	InlineQueries map[string]*inlineState       `json:"inline_queries"`
	InlineLog     []string                      `json:"inline_log"`
	Prepared      map[string]*preparedState     `json:"prepared"`
	WebQueries    map[string]*webQueryState     `json:"web_queries"`
	Polls         []*pollState                  `json:"polls"`
}

type userState struct {
	User    User          `json:"user"`
	Blocked bool          `json:"blocked"`
	Gone    bool          `json:"gone,omitempty"` // the account was deleted
	Stars   int64         `json:"stars"`
	Photos  [][]PhotoSize `json:"photos,omitempty"`
}

type chatState struct {
	Chat       Chat                `json:"chat"`
	Members    []int64             `json:"members"`
	LastID     int64               `json:"last_id"`
	Messages   []*Message          `json:"messages"`
	Keyboard   json.RawMessage     `json:"keyboard,omitempty"`  // the custom reply keyboard shown
	Started    bool                `json:"started"`             // the bot may write
	Standings  map[int64]*standing `json:"standings,omitempty"` // of those who are not just members
	MigratedTo int64               `json:"migrated_to,omitempty"`
	Journal    []Event             `json:"journal,omitempty"` // what happened, for the transcript
	Draft      *Draft              `json:"draft,omitempty"`
}

func newWorld(firstUpdate int64) world {
	return world{
		Version:       snapshotVersion,
		NextID:        firstUpdate << 20,
		NextUpdate:    firstUpdate,
		Users:         map[int64]*userState{},
		Chats:         map[int64]*chatState{},
		Files:         map[string]*fileState{},
		Callbacks:     map[string]*callbackState{},
		Commands:      map[string][]BotCommand{},
		Descriptions:  map[string]string{},
		Shorts:        map[string]string{},
		Names:         map[string]string{},
		Menus:         map[int64]json.RawMessage{},
		Links:         map[string]*invoiceState{},
		Invoices:      map[string]*invoiceState{},
		Checkouts:     map[string]*checkoutState{},
		Subscriptions: map[string]*subscriptionState{},
		InlineQueries: map[string]*inlineState{},
		Prepared:      map[string]*preparedState{},
		WebQueries:    map[string]*webQueryState{},
	}
}

// newID returns a number used by nothing else.
func (w *world) newID() int64 {
	w.NextID++
	return w.NextID
}

func (w *world) addUser(u User) {
	if w.Users[u.ID] == nil {
		w.Joined = append(w.Joined, u.ID)
	}
	w.Users[u.ID] = &userState{User: u}
	if w.Chats[u.ID] == nil {
		w.addChat(Chat{
			ID: u.ID, Type: "private",
			FirstName: u.FirstName, LastName: u.LastName, Username: u.Username,
		})
	}
}

func (w *world) addChat(c Chat) *chatState {
	// A group lets the bot write from the start; a person has to write first.
	state := &chatState{Chat: c, Started: c.ID < 0}
	w.Chats[c.ID] = state
	return state
}

// find returns a message by id, deleted or not.
func (c *chatState) find(id int64) *Message {
	i, ok := slices.BinarySearchFunc(c.Messages, id, func(m *Message, id int64) int { return cmp.Compare(m.MessageID, id) })
	if !ok {
		return nil
	}
	return c.Messages[i]
}

// live returns a message by id unless it was deleted.
func (c *chatState) live(id int64) *Message {
	if m := c.find(id); m != nil && !m.Deleted {
		return m
	}
	return nil
}

// append gives a message its id, chat and date and puts it into the chat.
func (s *Server) append(chat int64, m *Message) {
	c := s.w.Chats[chat]
	c.LastID++
	m.MessageID, m.Chat, m.Date = c.LastID, c.Chat, s.now().Unix()
	c.Messages = append(c.Messages, m)
	if len(c.Messages) > maxMessages {
		c.Messages = slices.Delete(c.Messages, 0, len(c.Messages)-maxMessages)
	}
	if !m.FromBot() {
		c.Started = true
	}
	if st := s.pollOf(m); st != nil {
		st.Shown = append(st.Shown, messageAt{chat, m.MessageID})
	}
	s.emit(Event{Kind: EventNew, ChatID: chat, Message: m})
}

// replace puts an edited version in the place of a message. Stored messages are
// never written to, because observers and updates share them.
func (s *Server) replace(m *Message) {
	m.EditDate = s.now().Unix()
	s.swap(m)
	s.emit(Event{Kind: EventEdited, ChatID: m.Chat.ID, Message: m})
}

func (s *Server) swap(m *Message) {
	c := s.w.Chats[m.Chat.ID]
	for i := len(c.Messages) - 1; i >= 0; i-- {
		if c.Messages[i].MessageID == m.MessageID {
			c.Messages[i] = m
			return
		}
	}
}

// remove flags a message as deleted, by a person or, with 0, by the bot.
func (s *Server) remove(m *Message, by int64) {
	gone := *m
	gone.Deleted = true
	s.swap(&gone)
	s.emit(Event{Kind: EventDeleted, ChatID: m.Chat.ID, UserID: by, Message: &gone})
}

// quoted is the message as reply_to_message shows it: one level deep.
func quoted(m *Message) *Message {
	if m == nil {
		return nil
	}
	q := *m
	q.ReplyToMessage = nil
	return &q
}

// botUser is the bot as the sender of a message: without the fields of getMe.
func (s *Server) botUser() User {
	b := s.opts.Bot
	return User{ID: b.ID, IsBot: true, FirstName: cmp.Or(s.w.Names[""], b.FirstName), Username: b.Username}
}

// localized picks the text of a language, else the one for all.
func localized(m map[string]string, lang string) string {
	if len(lang) > 2 {
		lang = lang[:2]
	}
	if v := m[lang]; v != "" {
		return v
	}
	return m[""]
}

// until is the moment d from now in Unix milliseconds, as kept in the world.
func (s *Server) until(d time.Duration) int64 { return s.now().Add(d).UnixMilli() }

// past reports whether a moment made by until is over.
func (s *Server) past(ms int64) bool { return s.now().UnixMilli() > ms }
