package telegramtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of the bot's profile, in characters unless said otherwise.
const (
	maxCommands           = 100 // in a list
	maxCommandName        = 32
	maxCommandDescription = 256
	maxName               = 64
	maxBotDescription     = 512
	maxShortDescription   = 120
)

// lockout is how long after logOut or the start Telegram refuses the bot.
const lockout = 10 * time.Minute

var commandName = regexp.MustCompile(fmt.Sprintf(`^[a-z0-9_]{1,%d}$`, maxCommandName))

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
	case "chat", "chat_administrators", "chat_member":
		if err := s.scopeChat(scope.Type, scope.ChatID, scope.UserID); err != nil {
			return "", err
		}
	}
	switch scope.Type {
	case "chat", "chat_administrators":
		return scopeKey(scope.Type, string(scope.ChatID), c.str("language_code")), nil
	case "chat_member":
		return scopeKey(scope.Type, fmt.Sprintf("%s/%d", scope.ChatID, scope.UserID), c.str("language_code")), nil
	}
	return "", bad("can't parse BotCommandScope: Unsupported type specified")
}

// scopeChat refuses a scope of a chat that is not there, or of the wrong kind.
func (s *Server) scopeChat(kind string, chat json.RawMessage, user int64) error {
	id, err := strconv.ParseInt(strings.Trim(string(chat), `"`), 10, 64)
	switch {
	case err != nil || s.w.Chats[id] == nil:
		return bad("chat not found")
	case kind != "chat" && id > 0:
		return bad("can't use specified scope in private chats")
	case kind == "chat_member" && s.w.Users[user] == nil:
		return bad("user not found")
	}
	return nil
}

func scopeKey(scope, chat, lang string) string { return scope + ":" + chat + ":" + lang }

// commandsFor is the list an app shows to somebody in a chat: the first there is, in the
// documented order of scopes, each in the person's language before no language.
func (s *Server) commandsFor(c *chatState, user int64) []BotCommand {
	lang := s.w.Users[user].User.LanguageCode
	if len(lang) > 2 {
		lang = lang[:2]
	}
	chat := strconv.FormatInt(c.Chat.ID, 10)
	scopes := [][2]string{{"chat", chat}, {"all_private_chats", ""}, {"default", ""}}
	if c.Chat.ID < 0 {
		scopes = [][2]string{
			{"chat_member", fmt.Sprintf("%s/%d", chat, user)},
			{"chat_administrators", chat},
			{"chat", chat},
			{"all_chat_administrators", ""},
			{"all_group_chats", ""},
			{"default", ""},
		}
		if st := s.status(c, user).Status; st != standingCreator && st != standingAdministrator {
			scopes = slices.DeleteFunc(scopes, func(sc [2]string) bool { return strings.HasSuffix(sc[0], "_administrators") })
		}
	}
	for _, scope := range scopes {
		for _, l := range []string{lang, ""} {
			if list := s.w.Commands[scopeKey(scope[0], scope[1], l)]; len(list) > 0 {
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
	if len(list) > maxCommands {
		return nil, bad("BOT_COMMANDS_TOO_MUCH")
	}
	for _, command := range list {
		if !commandName.MatchString(command.Command) {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(command.Description); n < 1 || n > maxCommandDescription {
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
	return s.setText(c, s.w.Descriptions, "description", maxBotDescription)
}

func (s *Server) getMyDescription(c *call) (any, error) {
	return map[string]string{"description": localized(s.w.Descriptions, c.str("language_code"))}, nil
}

func (s *Server) setMyShortDescription(c *call) (any, error) {
	return s.setText(c, s.w.Shorts, "short_description", maxShortDescription)
}

func (s *Server) getMyShortDescription(c *call) (any, error) {
	return map[string]string{"short_description": localized(s.w.Shorts, c.str("language_code"))}, nil
}

func (s *Server) setMyName(c *call) (any, error) { return s.setText(c, s.w.Names, "name", maxName) }

func (s *Server) getMyName(c *call) (any, error) {
	return map[string]string{"name": cmp.Or(localized(s.w.Names, c.str("language_code")), s.opts.Bot.FirstName)}, nil
}

func (s *Server) setChatMenuButton(c *call) (any, error) {
	var menu struct {
		Type string `json:"type"`
		App  WebApp `json:"web_app"`
	}
	if err := c.decode("menu_button", "menu button", &menu); err != nil {
		return nil, err
	}
	chat := c.num("chat_id")
	if c.has("chat_id") && (chat < 0 || s.w.Chats[chat] == nil) {
		return nil, bad("chat not found")
	}
	if menu.Type == "web_app" && !c.takesApp(menu.App.URL) {
		return nil, bad("menu button Web App URL '%s' is invalid: Only HTTPS links are allowed", menu.App.URL)
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

func (s *Server) setMyDefaultAdministratorRights(c *call) (any, error) {
	var rights AdministratorRights
	if err := c.decode("rights", "administrator rights", &rights); err != nil {
		return nil, err
	}
	*s.rights(c) = rights
	s.emit(Event{Kind: EventProfile})
	return true, nil
}

func (s *Server) getMyDefaultAdministratorRights(c *call) (any, error) {
	return *s.rights(c), nil
}

// rights are those the bot asks for in groups, or in channels.
func (s *Server) rights(c *call) *AdministratorRights {
	if c.flag("for_channels") {
		return &s.w.ChannelRights
	}
	return &s.w.GroupRights
}

func (s *Server) getUserProfilePhotos(c *call) (any, error) {
	u := s.w.Users[c.num("user_id")]
	if u == nil {
		return nil, bad("user not found")
	}
	from := min(int(max(c.num("offset"), 0)), len(u.Photos))
	page := u.Photos[from:min(from+int(c.clamp("limit", 1, 100, 100)), len(u.Photos))]
	return struct {
		Total  int           `json:"total_count"`
		Photos [][]PhotoSize `json:"photos"`
	}{len(u.Photos), append([][]PhotoSize{}, page...)}, nil
}

// logOut locks the bot out for ten minutes, as when it moves to a server of its own.
func (s *Server) logOut(*call) (any, error) {
	s.w.LoggedOut = s.until(lockout)
	return true, nil
}

// admitted refuses everything while the bot is logged out.
func (s *Server) admitted() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w.LoggedOut != 0 && !s.past(s.w.LoggedOut) {
		return &apiError{Code: http.StatusBadRequest, Description: "Logged out"}
	}
	return nil
}

// closeBot is the method close: refused during the first ten minutes.
func (s *Server) closeBot(*call) (any, error) {
	if wait := s.started.Add(lockout).Sub(s.now()); wait > 0 {
		return nil, tooMany(int(wait.Seconds()) + 1)
	}
	return true, nil
}
