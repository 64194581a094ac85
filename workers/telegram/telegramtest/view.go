package telegramtest

// shown is a result as the bot sees it: without what only observers see.
func shown(result any) any {
	switch r := result.(type) {
	case *Message:
		return r.forBot()
	case []*Message:
		ms := make([]*Message, 0, len(r))
		for _, m := range r {
			ms = append(ms, m.forBot())
		}
		return ms
	}
	return result
}

// forBot is the message without what only observers see, and with the answer of a
// quiz only if the bot may know it.
func (m *Message) forBot() *Message {
	if m == nil {
		return nil
	}
	v := *m
	v.Deleted, v.Reactions, v.ReplyKeyboard, v.Pinned, v.PaidPayload, v.BoughtBy = false, nil, nil, false, "", nil
	v.ReplyToMessage, v.PinnedMessage = m.ReplyToMessage.forBot(), m.PinnedMessage.forBot()
	if v.Poll != nil && !v.knowsAnswer() {
		poll := *v.Poll
		poll.CorrectOptionIDs, poll.Explanation, poll.ExplanationEntities = nil, "", nil
		v.Poll = &poll
	}
	return &v
}

// knowsAnswer reports whether the bot is told the right answer of the quiz it sees.
func (m *Message) knowsAnswer() bool {
	sent := m.FromBot() && m.ForwardOrigin == nil
	return m.Poll.IsClosed || sent || m.Chat.ID > 0 && m.ForwardOrigin == nil
}

// forBot is the update without what only observers see.
func (u Update) forBot() Update {
	u.Message, u.EditedMessage = u.Message.forBot(), u.EditedMessage.forBot()
	if q := u.CallbackQuery; q != nil {
		seen := *q
		seen.Message = q.Message.forBot()
		u.CallbackQuery = &seen
	}
	return u
}
