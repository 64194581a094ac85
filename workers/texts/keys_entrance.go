package texts

// Texts that lead to the Mini App.
const (
	// MessageApp answers /app, above ButtonApp.
	MessageApp Key = "message.app"
	// MessageAppNone answers /app where there is no Mini App.
	MessageAppNone Key = "message.app_none"

	ButtonApp Key = "button.app"
	// ButtonInApp shows there what it stands under.
	ButtonInApp Key = "button.in_app"
	CommandApp  Key = "command.app"
)

// entrances is the part of the table that leads to the Mini App.
func entrances() map[Key][]string {
	return map[Key][]string{MessageApp: nil, MessageAppNone: nil, ButtonApp: nil, ButtonInApp: nil, CommandApp: nil}
}
