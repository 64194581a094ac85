package telegramtest

import (
	"fmt"
	"slices"
	"strings"
)

// reactionEmoji are those that may be reacted with, as the documentation lists them.
var reactionEmoji = strings.Fields(`
	❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌
	🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓
	🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡
	🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀
	😡
`)

// reactionsOf lists the reactions of one person or of the bot on a message.
func (m Message) reactionsOf(id int64) []ReactionType {
	kept := []ReactionType{}
	for _, r := range m.Reactions {
		if r.UserID == id {
			kept = append(kept, r.ReactionType)
		}
	}
	return kept
}

// react replaces somebody's reactions on a message.
func (s *Server) react(m *Message, by int64, reactions []ReactionType) {
	next := *m
	next.Reactions = slices.DeleteFunc(slices.Clone(m.Reactions), func(r Reaction) bool { return r.UserID == by })
	for _, r := range reactions {
		next.Reactions = append(next.Reactions, Reaction{UserID: by, ReactionType: r})
	}
	s.swap(&next)
	s.emit(Event{Kind: EventEdited, ChatID: m.Chat.ID, UserID: by, Message: &next})
}

// React puts the person's reactions on a message, in the place of earlier ones; none
// takes them away. The bot is told by message_reaction if it asked for that kind and,
// in a group, is an administrator.
func (p *Person) React(id int64, emoji ...string) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.w.Chats[p.chat].live(id)
	if m == nil {
		return fmt.Errorf("%w: %d", ErrNoMessage, id)
	}
	reactions := []ReactionType{}
	for _, e := range emoji {
		if !slices.Contains(reactionEmoji, e) {
			return fmt.Errorf("telegramtest: %q is no reaction", e)
		}
		reactions = append(reactions, ReactionType{Type: "emoji", Emoji: e})
	}
	old := m.reactionsOf(p.id)
	p.s.react(m, p.id, reactions)
	user := p.s.w.Users[p.id].User
	if !slices.Equal(old, reactions) && p.s.hearsReactions(p.chat) {
		p.s.push(queueOfChat(p.chat), Update{MessageReaction: &MessageReactionUpdated{
			Chat: m.Chat, MessageID: id, User: &user, Date: p.s.now().Unix(), OldReaction: old, NewReaction: reactions,
		}})
	}
	p.s.touch()
	return nil
}

// hearsReactions reports whether the bot is told of reactions in a chat. Asking for the
// kind is checked with the update.
func (s *Server) hearsReactions(chat int64) bool {
	return chat > 0 || s.status(s.w.Chats[chat], s.opts.Bot.ID).Status == standingAdministrator
}

func (s *Server) setMessageReaction(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m, err := s.message(c, chat, "react")
	if err != nil {
		return nil, err
	}
	var reactions []ReactionType
	if err := c.decode("reaction", "reaction types", &reactions); err != nil {
		return nil, err
	}
	if err := s.checkReactions(m, reactions); err != nil {
		return nil, err
	}
	s.react(m, s.opts.Bot.ID, reactions)
	return true, nil
}

// checkReactions holds a bot to one reaction, from the list or already on the message.
func (s *Server) checkReactions(m *Message, reactions []ReactionType) error {
	if len(reactions) > 1 {
		return bad("REACTIONS_TOO_MANY")
	}
	for _, r := range reactions {
		switch {
		case r.Type == "emoji" && slices.Contains(reactionEmoji, r.Emoji):
		case r.Type == "custom_emoji" && slices.ContainsFunc(m.Reactions, func(o Reaction) bool { return o.CustomEmojiID == r.CustomEmojiID }):
		default:
			return bad("REACTION_INVALID")
		}
	}
	return nil
}
