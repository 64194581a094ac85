package playground

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// The bodies of inline mode and of Mini Apps.
type (
	asking struct {
		who
		Query  string `json:"query"`
		Offset string `json:"offset"`
	}
	resultChoosing struct {
		who
		Query  string `json:"query"`
		Answer string `json:"answer"` // the id of the query that was answered
		ID     string `json:"id"`     // of the result
	}
	opening struct {
		who
		Kind  string `json:"kind"`  // inline, menu, keyboard, link
		URL   string `json:"url"`   // empty for a link
		Start string `json:"start"` // of a link
	}
	sharing struct {
		who
		ID string `json:"id"` // of a message the bot has prepared
	}
	dataSending struct {
		who
		Button string `json:"button"`
		Data   string `json:"data"`
	}
)

type (
	inlineView struct {
		Results []resultView      `json:"results"`
		Button  *inlineButtonView `json:"button,omitempty"`
		Next    string            `json:"next,omitempty"`
	}

	// resultView is one thing to choose. Photo is the file of its picture, if it has one.
	resultView struct {
		ID          string `json:"id"`
		Answer      string `json:"answer"`
		Kind        string `json:"kind"`
		Title       string `json:"title,omitempty"`
		Description string `json:"description,omitempty"`
		Photo       string `json:"photo,omitempty"`
	}

	inlineButtonView struct {
		Text  string `json:"text"`
		Start string `json:"start,omitempty"`
		App   string `json:"app,omitempty"`
	}

	launchView struct {
		URL      string `json:"url"`
		InitData string `json:"init_data"`
	}
)

// inline types "@bot query" and waits for what the bot offers.
func (pg *Playground) inline(ctx context.Context, p *telegramtest.Person, b asking) (any, error) {
	ctx, cancel := pg.patience(ctx)
	defer cancel()
	answer, err := p.Inline(ctx, b.Query, b.Offset)
	if err != nil {
		return nil, err
	}
	v := inlineView{Results: []resultView{}, Next: answer.NextOffset}
	for _, r := range answer.Results {
		v.Results = append(v.Results, viewResult(r, answer.QueryID))
	}
	if a := answer.Button; a != nil {
		v.Button = &inlineButtonView{Text: a.Text, Start: a.StartParameter}
		if a.WebApp != nil {
			v.Button.App = a.WebApp.URL
		}
	}
	return v, nil
}

func viewResult(r telegramtest.InlineResult, query string) resultView {
	v := resultView{ID: r.ID, Answer: query, Kind: r.Type, Title: r.Title, Description: r.Description}
	if r.Message != nil && len(r.Message.Photo) > 0 {
		v.Photo = r.Message.Photo[0].FileID
	}
	return v
}

func choose(_ context.Context, p *telegramtest.Person, b resultChoosing) (any, error) {
	_, err := p.Choose(b.Answer, b.ID)
	return nil, err
}

// openApp signs the launch of a Mini App. One that a key of the reply keyboard opens
// gets no launch data, as in Telegram: it can only send data.
func (pg *Playground) openApp(_ context.Context, p *telegramtest.Person, b opening) (any, error) {
	if b.Kind == "link" && b.URL == "" {
		b.URL = menuApp(p)
	}
	at, err := url.Parse(b.URL)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, bad("the bot has no Mini App there")
	}
	v := launchView{URL: b.URL}
	if b.Kind != "keyboard" {
		v.InitData = p.WebAppInitData(b.Start)
	}
	return v, nil
}

// menuApp is the address of the app behind the bot's menu button, empty without one.
func menuApp(p *telegramtest.Person) string {
	var menu struct {
		WebApp telegramtest.WebApp `json:"web_app"`
	}
	if json.Unmarshal(p.MenuButton(), &menu) != nil {
		return ""
	}
	return menu.WebApp.URL
}

func sendData(_ context.Context, p *telegramtest.Person, b dataSending) (any, error) {
	_, err := p.SendWebAppData(b.Button, b.Data)
	return nil, err
}

// share sends a message that the bot has prepared, as a Mini App asks for.
func share(_ context.Context, p *telegramtest.Person, b sharing) (any, error) {
	_, err := p.SendPrepared(b.ID)
	return nil, err
}
