package telegram

import (
	"context"
	"errors"
)

// InlineQuery is what somebody typed after the bot's name in any chat. Telegram waits 30 s for the answer.
type InlineQuery struct {
	ID    string `json:"id"`
	From  User   `json:"from"`
	Query string `json:"query"` // up to 256 characters
	// Offset is the NextOffset of the answer before, empty for the first page.
	Offset string `json:"offset"`
}

// Found is what an inline query is answered with. It is shown to the person who asked only.
type Found struct {
	QueryID string
	Results []FoundFile // at most 50
	// NextOffset comes back in the query for more, up to 64 bytes; empty if there is no more.
	NextOffset string
	// Start, if set, is the text of a button that opens the chat with the bot, which gets "/start inline".
	Start string
}

// FoundFile is something the bot has sent before.
type FoundFile struct {
	ID       string // 1–64 bytes, unique in the answer
	FileID   string
	Document bool   // a file, which is shown with its title
	Title    string // what people read; required for a document
}

// foundFor is how many seconds Telegram may show the same answer again: what is deleted must not be offered for long.
const foundFor = 5

type wireFound struct {
	Type     string `json:"type"`
	ID       string `json:"id"`
	Title    string `json:"title,omitempty"`
	Photo    string `json:"photo_file_id,omitempty"`
	Document string `json:"document_file_id,omitempty"`
}

func (f FoundFile) wire() wireFound {
	if f.Document {
		return wireFound{Type: "document", ID: f.ID, Title: f.Title, Document: f.FileID}
	}
	return wireFound{Type: "photo", ID: f.ID, Title: f.Title, Photo: f.FileID}
}

// PrepareMessage keeps something the bot has sent before as a message that a person can send from the Mini App to a chat of any kind,
// and returns its id at Telegram. It can be asked for again: what nobody sends is forgotten after a while.
func (c *Client) PrepareMessage(ctx context.Context, user int64, f FoundFile) (id string, err error) {
	var kept struct {
		ID string `json:"id"`
	}
	err = c.call(ctx, "savePreparedInlineMessage", 0, struct {
		User     int64     `json:"user_id"`
		Result   wireFound `json:"result"`
		Users    bool      `json:"allow_user_chats"`
		Bots     bool      `json:"allow_bot_chats"`
		Groups   bool      `json:"allow_group_chats"`
		Channels bool      `json:"allow_channel_chats"`
	}{user, f.wire(), true, true, true, true}, &kept)
	if err == nil && kept.ID == "" {
		err = &Error{Method: "savePreparedInlineMessage", Code: 200, Class: Transient, Err: errors.New("an answer without an id")}
	}
	return kept.ID, err
}

// AnswerInline answers an inline query, once. TooOld: nobody waits any more.
func (c *Client) AnswerInline(ctx context.Context, f Found) error {
	type start struct {
		Text      string `json:"text"`
		Parameter string `json:"start_parameter"`
	}
	results := make([]wireFound, 0, len(f.Results))
	for _, r := range f.Results {
		results = append(results, r.wire())
	}
	var button *start
	if f.Start != "" {
		button = &start{f.Start, "inline"}
	}
	return c.call(ctx, "answerInlineQuery", 0, struct {
		QueryID    string      `json:"inline_query_id"`
		Results    []wireFound `json:"results"`
		CacheTime  int         `json:"cache_time"`
		IsPersonal bool        `json:"is_personal"`
		NextOffset string      `json:"next_offset,omitempty"`
		Button     *start      `json:"button,omitempty"`
	}{f.QueryID, results, foundFor, true, f.NextOffset, button}, nil)
}
