package telegram

import "context"

// GetMe returns the bot itself.
func (c *Client) GetMe(ctx context.Context) (User, error) {
	var u User
	err := c.call(ctx, "getMe", 0, nil, &u)
	return u, err
}

// BotCommand is a line of the menu people see when they type a slash.
type BotCommand struct {
	// Name without the slash, 1–32 of a–z, 0–9 and _.
	Name string `json:"command"`
	// Description, 1–256 characters.
	Description string `json:"description"`
}

// SetMyCommands sets the menu for people whose app is in language lang (two letters), or for all others if it is empty.
func (c *Client) SetMyCommands(ctx context.Context, lang string, commands []BotCommand) error {
	return c.setCommands(ctx, nil, lang, commands)
}

// SetGroupCommands sets the menu that groups show in the place of that of SetMyCommands; lang as there.
func (c *Client) SetGroupCommands(ctx context.Context, lang string, commands []BotCommand) error {
	return c.setCommands(ctx, &scope{Type: "all_group_chats"}, lang, commands)
}

// scope is where a menu is shown.
type scope struct {
	Type   string `json:"type"`
	ChatID int64  `json:"chat_id,omitempty"`
}

// setCommands sets the menu of a scope, nil for wherever there is no other one.
func (c *Client) setCommands(ctx context.Context, at *scope, lang string, commands []BotCommand) error {
	var chat int64
	if at != nil {
		chat = at.ChatID
	}
	return c.call(ctx, "setMyCommands", chat, struct {
		Commands []BotCommand `json:"commands"`
		Scope    *scope       `json:"scope,omitempty"`
		Lang     string       `json:"language_code,omitempty"`
	}{commands, at, lang}, nil)
}

// SetChatCommands sets the menu of one private chat, whatever language the person's app is in. None takes it back: the
// chat shows the menu of SetMyCommands again.
func (c *Client) SetChatCommands(ctx context.Context, chat int64, commands []BotCommand) error {
	at := scope{"chat", chat}
	if len(commands) == 0 {
		return c.call(ctx, "deleteMyCommands", chat, struct {
			Scope scope `json:"scope"`
		}{at}, nil)
	}
	return c.setCommands(ctx, &at, "", commands)
}

// SetMyDescription sets what an empty chat with the bot shows, 0–512 characters; lang as in SetMyCommands.
func (c *Client) SetMyDescription(ctx context.Context, lang, text string) error {
	return c.call(ctx, "setMyDescription", 0, struct {
		Text string `json:"description"`
		Lang string `json:"language_code,omitempty"`
	}{text, lang}, nil)
}

// SetMyShortDescription sets what the bot's profile shows, 0–120 characters; lang as in SetMyCommands.
func (c *Client) SetMyShortDescription(ctx context.Context, lang, text string) error {
	return c.call(ctx, "setMyShortDescription", 0, struct {
		Text string `json:"short_description"`
		Lang string `json:"language_code,omitempty"`
	}{text, lang}, nil)
}

// SetMenuButton puts a button beside the writing line of every private chat that opens the Mini App at address. An empty address
// takes it back: the button leads to the commands again.
func (c *Client) SetMenuButton(ctx context.Context, text, address string) error {
	type menu struct {
		Type string   `json:"type"`
		Text string   `json:"text,omitempty"`
		App  *wireApp `json:"web_app,omitempty"`
	}
	button := menu{Type: "commands"}
	if address != "" {
		button = menu{"web_app", text, &wireApp{address}}
	}
	return c.call(ctx, "setChatMenuButton", 0, struct {
		Button menu `json:"menu_button"`
	}{button}, nil)
}
