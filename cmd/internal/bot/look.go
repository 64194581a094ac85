package bot

import (
	"context"
	"errors"
	"time"
)

// Standing is what Telegram says of a bot.
type Standing struct {
	Name    string // user name
	Webhook string // where updates are sent; empty where they are asked for
	Pending int    // updates that wait
	Failed  time.Time
	Failure string // of the last update that could not be sent
}

// ErrToken says that Telegram does not know the token.
var ErrToken = errors.New("telegram refuses the token")

// Look asks Telegram about the bot of cfg, of which it needs URL and Token only. Nothing is changed.
func Look(ctx context.Context, cfg Config) (s Standing, err error) {
	a := newAPI(cfg)
	var me struct {
		Username string `json:"username"`
	}
	if err := a.call(ctx, "getMe", map[string]any{}, &me); err != nil {
		if operators(err) {
			err = errors.Join(ErrToken, err)
		}
		return s, err
	}
	var info struct {
		URL     string `json:"url"`
		Pending int    `json:"pending_update_count"`
		At      int64  `json:"last_error_date"`
		Failure string `json:"last_error_message"`
	}
	err = a.call(ctx, "getWebhookInfo", map[string]any{}, &info)
	s = Standing{Name: me.Username, Webhook: info.URL, Pending: info.Pending, Failure: info.Failure}
	if info.At > 0 {
		s.Failed = time.Unix(info.At, 0).UTC()
	}
	return s, err
}
