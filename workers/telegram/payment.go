package telegram

import "context"

// AnswerPreCheckout says yes to a payment if reason is empty, and otherwise no, with the reason in the person's words.
// Telegram waits ten seconds for it; TooOld says that it no longer does.
func (c *Client) AnswerPreCheckout(ctx context.Context, queryID, reason string) error {
	return c.call(ctx, "answerPreCheckoutQuery", 0, struct {
		QueryID string `json:"pre_checkout_query_id"`
		OK      bool   `json:"ok"`
		Reason  string `json:"error_message,omitempty"`
	}{queryID, reason == "", reason}, nil)
}
