package telegramtest

import "slices"

func (s *Server) leaveChat(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if chat.Chat.ID > 0 {
		return nil, bad("chat not found")
	}
	s.stand(chat, s.opts.Bot.ID, s.opts.Bot.ID, standing{Status: standingLeft})
	return true, nil
}

func (s *Server) getChatMember(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	id := c.num("user_id")
	if id != s.opts.Bot.ID && s.w.Users[id] == nil {
		return nil, bad("user not found")
	}
	return s.member(chat, id), nil
}

func (s *Server) getChatMemberCount(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if chat.Chat.ID > 0 {
		return 2, nil
	}
	return len(chat.Members) + 1, nil
}

// getChatAdministrators lists the owner, and the bot if it is one.
func (s *Server) getChatAdministrators(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	if chat.Chat.ID > 0 {
		return nil, bad("there are no administrators in the private chat")
	}
	list := []ChatMember{}
	for _, id := range append(slices.Clone(chat.Members), s.opts.Bot.ID) {
		if m := s.member(chat, id); m.Status == standingCreator || m.Status == standingAdministrator {
			list = append(list, m)
		}
	}
	return list, nil
}
