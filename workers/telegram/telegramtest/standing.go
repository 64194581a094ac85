package telegramtest

import "slices"

// The standings somebody can have in a chat.
const (
	standingCreator       = "creator"
	standingAdministrator = "administrator"
	standingMember        = "member"
	standingLeft          = "left"
	standingKicked        = "kicked"
)

// ChatMember is somebody's standing in a chat: creator, administrator, member, left
// or kicked. The pointers are set where Telegram sets the fields, and nil elsewhere.
type ChatMember struct {
	User        User   `json:"user"`
	Status      string `json:"status"`
	UntilDate   *int64 `json:"until_date,omitempty"`   // Unix seconds; 0 is for ever
	IsAnonymous *bool  `json:"is_anonymous,omitempty"` // creator, administrator
	CanBeEdited *bool  `json:"can_be_edited,omitempty"`
	*AdministratorRights
}

// AdministratorRights is what an administrator of a group may do.
type AdministratorRights struct {
	IsAnonymous         bool `json:"is_anonymous"`
	CanManageChat       bool `json:"can_manage_chat"`
	CanDeleteMessages   bool `json:"can_delete_messages"`
	CanManageVideoChats bool `json:"can_manage_video_chats"`
	CanRestrictMembers  bool `json:"can_restrict_members"`
	CanPromoteMembers   bool `json:"can_promote_members"`
	CanChangeInfo       bool `json:"can_change_info"`
	CanInviteUsers      bool `json:"can_invite_users"`
	CanPostStories      bool `json:"can_post_stories"`
	CanEditStories      bool `json:"can_edit_stories"`
	CanDeleteStories    bool `json:"can_delete_stories"`
	CanPostMessages     bool `json:"can_post_messages,omitempty"`
	CanEditMessages     bool `json:"can_edit_messages,omitempty"`
	CanPinMessages      bool `json:"can_pin_messages,omitempty"`
	CanManageTopics     bool `json:"can_manage_topics,omitempty"`
	CanManageDirect     bool `json:"can_manage_direct_messages,omitempty"`
	CanManageTags       bool `json:"can_manage_tags,omitempty"`
}

// standing is what a chat remembers of somebody who is not just a member.
type standing struct {
	Status string               `json:"status"`
	Until  int64                `json:"until,omitempty"` // of a ban, in Unix seconds; 0 is for ever
	Rights *AdministratorRights `json:"rights,omitempty"`
}

// status is somebody's standing in a chat. A person's chat has just the two of them.
func (s *Server) status(c *chatState, id int64) standing {
	bot := s.opts.Bot.ID
	if c.Chat.ID > 0 {
		switch {
		case id == bot && s.w.Users[c.Chat.ID].Blocked:
			return standing{Status: standingKicked}
		case id == bot || id == c.Chat.ID:
			return standing{Status: standingMember}
		}
		return standing{Status: standingLeft}
	}
	if st := c.Standings[id]; st != nil && (st.Status != standingKicked || st.Until == 0 || s.now().Unix() < st.Until) {
		return *st
	}
	if id == bot || slices.Contains(c.Members, id) {
		return standing{Status: standingMember}
	}
	return standing{Status: standingLeft}
}

// member is somebody's standing as the Bot API shows it.
func (s *Server) member(c *chatState, id int64) ChatMember {
	m := ChatMember{User: s.botUser()}
	if u := s.w.Users[id]; u != nil {
		m.User = u.User
	}
	st := s.status(c, id)
	m.Status = st.Status
	switch st.Status {
	case standingKicked:
		m.UntilDate = &st.Until
	case standingCreator:
		m.IsAnonymous = new(bool)
	case standingAdministrator:
		m.AdministratorRights, m.CanBeEdited, m.IsAnonymous = st.Rights, new(bool), &st.Rights.IsAnonymous
	}
	return m
}

// stand gives somebody a standing and tells the bot: of its own by my_chat_member, of
// others by chat_member if it administers the chat.
func (s *Server) stand(c *chatState, by, id int64, to standing) {
	before := s.member(c, id)
	c.Members = slices.DeleteFunc(c.Members, func(m int64) bool { return m == id })
	if c.Standings == nil {
		c.Standings = map[int64]*standing{}
	}
	delete(c.Standings, id)
	if to.Status != standingMember {
		c.Standings[id] = &to
	}
	if id != s.opts.Bot.ID && to.Status != standingLeft && to.Status != standingKicked {
		c.Members = append(c.Members, id)
	}
	s.tellStanding(c, by, id, before)
}

// tellStanding tells the bot that somebody had another standing before.
func (s *Server) tellStanding(c *chatState, by, id int64, before ChatMember) {
	from := s.botUser()
	if u := s.w.Users[by]; u != nil {
		from = u.User
	}
	u := &ChatMemberUpdated{
		Chat: c.Chat, From: from, Date: s.now().Unix(), OldChatMember: before, NewChatMember: s.member(c, id),
	}
	switch {
	case id == s.opts.Bot.ID:
		s.push(queueOfChat(c.Chat.ID), Update{MyChatMember: u})
	case s.status(c, s.opts.Bot.ID).Status == standingAdministrator:
		s.push(queueOfChat(c.Chat.ID), Update{ChatMember: u})
	}
}

// reachable refuses chats the bot is not in, or that are another one now.
func (s *Server) reachable(c *chatState) error {
	if c.Chat.ID > 0 {
		return nil
	}
	if c.MigratedTo != 0 {
		return &apiError{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: c.MigratedTo}
	}
	switch s.status(c, s.opts.Bot.ID).Status {
	case standingKicked:
		return &apiError{Code: 403, Description: "Forbidden: bot was kicked from the " + c.Chat.Type + " chat"}
	case standingLeft:
		return &apiError{Code: 403, Description: "Forbidden: bot is not a member of the " + c.Chat.Type + " chat"}
	}
	return nil
}
