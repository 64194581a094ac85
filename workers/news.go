package workers

import (
	"context"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Whoever wants no announcements says so by the button under one, or in /settings, and takes it back the same way.

// The values of the wish, as they stand in buttons.
const (
	newsOff = "0"
	newsOn  = "1"
)

// newsButton stands under an announcement: it opts out, or in again.
func (w *Workers) newsButton(p storage.Person, id string, wanted bool) [][]telegram.Button {
	key, value := texts.ButtonNewsOff, newsOff
	if !wanted {
		key, value = texts.ButtonNewsOn, newsOn
	}
	return [][]telegram.Button{{{
		Text: w.printer(p.Lang).Plain(key, nil), Data: w.signer.Data(telegram.OpNews, id+"-"+value, p.TelegramID, ""),
	}}}
}

// pressNews is a press of it.
func (w *Workers) pressNews(ctx context.Context, in *incoming, p press) error {
	id, value, _ := strings.Cut(p.Object, "-")
	wanted := value == newsOn
	w.edit(in, p, "", w.newsButton(in.person, id, wanted))
	return w.wantNews(ctx, in, p, wanted, id)
}

// newsSetting is the name of the setting.
const newsSetting = "news"

// newsSettingButton is the button of the settings: it shows what is set, and sets the other.
func (w *Workers) newsSettingButton(in *incoming) telegram.Button {
	if in.person.NoNews {
		return w.button(in, texts.ButtonSetNewsOff, telegram.OpSetting, newsSetting+"="+newsOn, "")
	}
	return w.button(in, texts.ButtonSetNewsOn, telegram.OpSetting, newsSetting+"="+newsOff, "")
}

// setNews is a press of it.
func (w *Workers) setNews(ctx context.Context, in *incoming, p press, value string) error {
	in.person.NoNews = value == newsOff
	w.showSettings(in, p)
	return w.wantNews(ctx, in, p, !in.person.NoNews, "")
}

func (w *Workers) wantNews(ctx context.Context, in *incoming, p press, wanted bool, id string) error {
	key := texts.AnswerNewsOff
	if wanted {
		key = texts.AnswerNewsOn
	}
	w.answer(in, p, key)
	out, err := w.Store.SetNews(ctx, in.effect, in.person.ID, wanted, id)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}
