package telegramtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"
)

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func (s *Server) getMe(*call) (any, error) {
	u := s.opts.Bot
	u.FirstName = cmp.Or(s.w.Names[""], u.FirstName)
	return u, nil
}

func (s *Server) getChat(c *call) (any, error) {
	chat, err := s.chat(c, "chat_id")
	if err != nil {
		return nil, err
	}
	return struct {
		Chat
		AccentColorID     int             `json:"accent_color_id"`
		MaxReactionCount  int             `json:"max_reaction_count"`
		AcceptedGiftTypes map[string]bool `json:"accepted_gift_types"`
	}{Chat: chat.Chat, MaxReactionCount: 11, AcceptedGiftTypes: map[string]bool{
		"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false, "gifts_from_channels": false,
	}}, nil
}

// commandKey names the list of a scope and a language.
func (s *Server) commandKey(c *call) (string, error) {
	var scope struct {
		Type   string          `json:"type"`
		ChatID json.RawMessage `json:"chat_id"`
		UserID int64           `json:"user_id"`
	}
	if err := c.decode("scope", "BotCommandScope", &scope); err != nil {
		return "", err
	}
	switch scope.Type {
	case "", "default":
		return scopeKey("default", "", c.str("language_code")), nil
	case "all_private_chats", "all_group_chats", "all_chat_administrators":
		return scopeKey(scope.Type, "", c.str("language_code")), nil
	case "chat", "chat_administrators":
		return scopeKey(scope.Type, string(scope.ChatID), c.str("language_code")), nil
	case "chat_member":
		return scopeKey(scope.Type, fmt.Sprintf("%s/%d", scope.ChatID, scope.UserID), c.str("language_code")), nil
	}
	return "", bad("can't parse BotCommandScope: Unsupported type specified")
}

func scopeKey(scope, chat, lang string) string { return scope + ":" + chat + ":" + lang }

// commandsFor is the list an app shows in a chat.
func (w *world) commandsFor(chat int64, lang string) []BotCommand {
	if len(lang) > 2 {
		lang = lang[:2]
	}
	all := "all_private_chats"
	if chat < 0 {
		all = "all_group_chats"
	}
	for _, scope := range [][2]string{{"chat", strconv.FormatInt(chat, 10)}, {all, ""}, {"default", ""}} {
		for _, l := range []string{lang, ""} {
			if list := w.Commands[scopeKey(scope[0], scope[1], l)]; len(list) > 0 {
				return list
			}
		}
	}
	return nil
}

func (s *Server) setMyCommands(c *call) (any, error) {
	if !c.has("commands") {
		return nil, bad(`parameter "commands" is required`)
	}
	var list []BotCommand
	if err := c.decode("commands", "commands", &list); err != nil {
		return nil, err
	}
	key, err := s.commandKey(c)
	if err != nil {
		return nil, err
	}
	if len(list) > 100 {
		return nil, bad("BOT_COMMANDS_TOO_MUCH")
	}
	for _, command := range list {
		if !commandName.MatchString(command.Command) {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(command.Description); n < 1 || n > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	if err := checkLanguage(c); err != nil {
		return nil, err
	}
	s.w.Commands[key] = list
	s.emit(Event{Kind: EventProfile})
	return true, nil
}

// checkLanguage wants an ISO 639-1 code or nothing.
func checkLanguage(c *call) error {
	if l := c.str("language_code"); l != "" && (len(l) != 2 || l[0] < 'a' || l[0] > 'z' || l[1] < 'a' || l[1] > 'z') {
		return bad("invalid language code specified")
	}
	return nil
}

func (s *Server) getMyCommands(c *call) (any, error) {
	key, err := s.commandKey(c)
	if err != nil {
		return nil, err
	}
	return append([]BotCommand{}, s.w.Commands[key]...), nil
}

func (s *Server) deleteMyCommands(c *call) (any, error) {
	key, err := s.commandKey(c)
	if err != nil {
		return nil, err
	}
	delete(s.w.Commands, key)
	s.emit(Event{Kind: EventProfile})
	return true, nil
}

// setText keeps one of the bot's texts in a language, or for all; empty deletes it.
func (s *Server) setText(c *call, texts map[string]string, name string, limit int) (any, error) {
	text := c.str(name)
	if utf8.RuneCountInString(text) > limit {
		return nil, bad("%s is too long", name)
	}
	if err := checkLanguage(c); err != nil {
		return nil, err
	}
	texts[c.str("language_code")] = text
	if text == "" {
		delete(texts, c.str("language_code"))
	}
	s.emit(Event{Kind: EventProfile})
	return true, nil
}

func (s *Server) setMyDescription(c *call) (any, error) {
	return s.setText(c, s.w.Descriptions, "description", 512)
}

func (s *Server) getMyDescription(c *call) (any, error) {
	return map[string]string{"description": localized(s.w.Descriptions, c.str("language_code"))}, nil
}

func (s *Server) setMyShortDescription(c *call) (any, error) {
	return s.setText(c, s.w.Shorts, "short_description", 120)
}

func (s *Server) getMyShortDescription(c *call) (any, error) {
	return map[string]string{"short_description": localized(s.w.Shorts, c.str("language_code"))}, nil
}

func (s *Server) setMyName(c *call) (any, error) { return s.setText(c, s.w.Names, "name", 64) }

func (s *Server) getMyName(c *call) (any, error) {
	return map[string]string{"name": cmp.Or(localized(s.w.Names, c.str("language_code")), s.opts.Bot.FirstName)}, nil
}

func (s *Server) setChatMenuButton(c *call) (any, error) {
	var menu struct {
		Type string `json:"type"`
	}
	if err := c.decode("menu_button", "menu button", &menu); err != nil {
		return nil, err
	}
	chat := c.num("chat_id")
	if c.has("chat_id") && (chat < 0 || s.w.Chats[chat] == nil) {
		return nil, bad("chat not found")
	}
	switch menu.Type {
	case "", "default":
		delete(s.w.Menus, chat)
	case "commands", "web_app":
		s.w.Menus[chat] = json.RawMessage(c.str("menu_button"))
	default:
		return nil, bad("can't parse menu button: Unsupported type specified")
	}
	s.emit(Event{Kind: EventProfile})
	return true, nil
}

func (s *Server) getChatMenuButton(c *call) (any, error) {
	for _, chat := range []int64{c.num("chat_id"), 0} {
		if menu := s.w.Menus[chat]; menu != nil {
			return menu, nil
		}
	}
	return map[string]string{"type": "commands"}, nil
}
