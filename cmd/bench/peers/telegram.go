package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// telegram is a client of the Bot API with the calls a picture needs.
type telegram struct {
	base   string
	client *http.Client
}

func newTelegram(address, token string) *telegram {
	return &telegram{
		base:   address + "/bot" + token + "/",
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
}

// update is a message of a person.
type update struct {
	ID      int64 `json:"update_id"`
	Message struct {
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
		Text string `json:"text"`
	} `json:"message"`
}

// prompt reports whether it asks for a picture.
func (u update) prompt() bool { return u.Message.Text != "" && !strings.HasPrefix(u.Message.Text, "/") }

// poll hands every batch of updates to take until ctx ends; a batch it does not take comes again.
func (t *telegram) poll(ctx context.Context, take func(context.Context, []update) error) error {
	var offset int64
	for ctx.Err() == nil {
		var batch []update
		err := t.call(ctx, "getUpdates", map[string]any{"offset": offset, "timeout": 25, "allowed_updates": []string{"message"}}, &batch)
		if err == nil && len(batch) > 0 {
			err = take(ctx, batch)
		}
		if err != nil {
			time.Sleep(time.Second)
			continue
		}
		for _, u := range batch {
			offset = u.ID + 1
		}
	}
	return ctx.Err()
}

type sent struct {
	MessageID int64 `json:"message_id"`
}

func (t *telegram) say(ctx context.Context, chat int64, text string) (int64, error) {
	var m sent
	err := t.call(ctx, "sendMessage", map[string]any{"chat_id": chat, "text": text}, &m)
	return m.MessageID, err
}

// show sends a picture, in the place of a message where there is one.
func (t *telegram) show(ctx context.Context, chat int64, message *int64, caption string, picture []byte) (int64, error) {
	media, err := json.Marshal(map[string]string{"type": "photo", "media": "attach://picture", "caption": caption})
	if err != nil {
		return 0, err
	}
	fields, method := map[string]string{"photo": "attach://picture", "caption": caption}, "sendPhoto"
	if message != nil {
		fields, method = map[string]string{"media": string(media), "message_id": strconv.FormatInt(*message, 10)}, "editMessageMedia"
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("chat_id", strconv.FormatInt(chat, 10)) // a buffer takes everything
	for name, value := range fields {
		_ = form.WriteField(name, value)
	}
	file, _ := form.CreateFormFile("picture", "picture.png")
	_, _ = file.Write(picture)
	_ = form.Close()
	var m sent
	err = t.post(ctx, method, form.FormDataContentType(), &body, &m)
	return m.MessageID, err
}

func (t *telegram) call(ctx context.Context, method string, args, result any) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	return t.post(ctx, method, "application/json", bytes.NewReader(body), result)
}

func (t *telegram) post(ctx context.Context, method, form string, body io.Reader, result any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+method, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", form)
	res, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer := struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
		Result      any    `json:"result"`
	}{Result: result}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	if !answer.OK {
		return fmt.Errorf("%s: %s", method, answer.Description)
	}
	return nil
}
