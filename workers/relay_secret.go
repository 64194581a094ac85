package workers

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// secret is something that tells who is speaking. Its letter stands in buttons.
type secret struct {
	letter string
	name   texts.Key
}

// secrets are all of them. Before one leaves its owner is asked; the message itself stays as it is.
func secrets() []secret {
	return []secret{
		{"c", texts.NoteSecretContact},
		{"g", texts.NoteSecretPlace},
		{"n", texts.NoteSecretName},
		{"p", texts.NoteSecretPhone},
		{"e", texts.NoteSecretEmail},
		{"l", texts.NoteSecretLink},
		{"f", texts.NoteSecretFile},
	}
}

// reveals is the letters of all secrets in a message, empty if there is none that can be seen.
func reveals(m *telegram.Message) string {
	var letters strings.Builder
	switch m.Kind() {
	case telegram.KindContact:
		letters.WriteString("c")
	case telegram.KindLocation, telegram.KindVenue:
		letters.WriteString("g")
	}
	inside, words := m.Inside()
	for _, mark := range append(m.Marks(), inside...) {
		letters.WriteString(revealing(mark))
	}
	if m.From != nil && m.From.Username != "" && containsWord(m.Words()+"\n"+words, m.From.Username) {
		letters.WriteString("n")
	}
	if d := m.Document; d != nil && m.Kind() == telegram.KindDocument && keepsPlace(d.MediaType) {
		letters.WriteString("f")
	}
	return letters.String()
}

// revealing is the letter of what a marked part of a text tells.
func revealing(mark telegram.Mark) string {
	switch mark.Type {
	case "mention", "text_mention":
		return "n"
	case "phone_number":
		return "p"
	case "email", "email_address":
		return "e"
	case "location", "venue":
		return "g"
	case "contact":
		return "c"
	case "document":
		if keepsPlace(mark.Text) {
			return "f"
		}
	case "url", "text_link":
		if profileLink(mark.Link()) {
			return "l"
		}
	}
	return ""
}

// keepsPlace reports whether files of that type usually say where they were made: pictures and videos as a camera writes them.
func keepsPlace(mediaType string) bool {
	kind, format, _ := strings.Cut(strings.ToLower(mediaType), "/")
	return kind == "video" || kind == "image" && format != "png" && format != "gif" && format != "svg+xml" && format != "bmp"
}

// containsWord reports whether a text has a name in it, as a word and in any case.
func containsWord(text, name string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}), func(word string) bool { return word == strings.ToLower(name) })
}

// Where people have profiles: hosts of which every link is one, and hosts of which those are that have one step.
var (
	contactHosts = []string{"t.me", "telegram.me", "telegram.dog", "wa.me", "signal.me", "discord.gg", "m.me"}
	profileHosts = []string{
		"instagram.com", "facebook.com", "fb.com", "vk.com", "ok.ru", "x.com", "twitter.com", "tiktok.com", "snapchat.com", "threads.net",
		"onlyfans.com", "patreon.com", "github.com", "twitch.tv", "linktr.ee", "pinterest.com", "tumblr.com",
	}
)

// profileLink reports whether a link leads to somebody.
func profileLink(link string) bool {
	if !strings.Contains(link, "://") {
		link = "https://" + link
	}
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	if u.Scheme == "tg" {
		return true
	}
	host := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), "m.")
	path := strings.Trim(u.Path, "/")
	switch {
	case slices.Contains(contactHosts, host) || strings.HasSuffix(host, ".t.me"):
		return path != "" || strings.HasSuffix(host, ".t.me")
	case slices.Contains(profileHosts, host):
		return path != "" && !strings.Contains(path, "/") || u.Query().Get("id") != ""
	case host == "linkedin.com" || strings.HasSuffix(host, ".linkedin.com"):
		return strings.HasPrefix(path, "in/")
	}
	return false
}

// askOrPass passes something on, or asks first whether it is to leave.
func (w *Workers) askOrPass(ctx context.Context, in *incoming, r storage.NewRelay) error {
	letter, err := w.asksAbout(ctx, in)
	if err != nil {
		return err
	}
	if letter != "" {
		r.Asked = true
		key := r.Key
		if r.Album != "" {
			key = r.Album
		}
		w.askSecret(in, key, letter)
	}
	return w.pass(ctx, in, r)
}

// asksAbout is the letter of the first thing the person is to be asked about before a message leaves, empty for nothing.
func (w *Workers) asksAbout(ctx context.Context, in *incoming) (string, error) {
	letters := reveals(in.message)
	if letters == "" {
		return "", nil
	}
	open, err := w.spokenOpenly(ctx, in)
	if err != nil {
		return "", err
	}
	for _, s := range secrets() {
		if strings.Contains(letters, s.letter) && !strings.Contains(open, s.letter) {
			return s.letter, nil
		}
	}
	return "", nil
}

// spokenOpenly is the letters of what the person does not want to be asked about in this conversation.
func (w *Workers) spokenOpenly(ctx context.Context, in *incoming) (string, error) {
	open := in.person.Settings.Chat.Open
	if open.Letters == "" {
		return "", nil
	}
	c, err := w.Store.Conversation(ctx, in.person.ID)
	if err != nil || c.ID != open.Conversation {
		return "", ignore(err, storage.ErrNotFound)
	}
	return open.Letters, nil
}

// askSecret asks whether what the key names is to leave: once about each kind of secret, whatever an album has of it.
func (w *Workers) askSecret(in *incoming, key, letter string) {
	i := slices.IndexFunc(secrets(), func(s secret) bool { return s.letter == letter })
	w.sayAbout(in, in.message.ID, texts.MessageRelayAsk, map[string]any{"What": in.texts.Plain(secrets()[i].name, nil)},
		row(w.button(in, texts.ButtonRelaySend, telegram.OpRelaySend, key, ""), w.button(in, texts.ButtonRelayKeep, telegram.OpRelayKeep, key, "")),
		row(w.button(in, texts.ButtonRelayAlways, telegram.OpRelayAlways, key+"-"+letter, "")))
	in.effect.Sends[len(in.effect.Sends)-1].Key = "ask:" + key + ":" + letter
}

// pressRelay is a press on a button about something that waits for a word.
func (w *Workers) pressRelay(ctx context.Context, in *incoming, p press) error {
	key, letter, _ := strings.Cut(p.Object, "-")
	if p.Op == telegram.OpRelayKeep {
		return w.keepSecret(ctx, in, p, key)
	}
	w.answer(in, p, texts.AnswerRelaySent)
	if id := p.messageID(); id != 0 {
		w.remove(in, deleteBody{Chat: in.chat.ID, Messages: []int64{id}})
	}
	lane, out, err := w.Store.SendRelay(ctx, in.effect, in.person.ID, key)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = nil
		w.edit(in, p, "", nil)
		return w.expired(ctx, in, p)
	}
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.enqueueLane(ctx, lane)
	if letter == "" {
		return nil
	}
	return w.speakOpenly(ctx, in, lane.Conversation, letter)
}

// keepSecret leaves something unsaid.
func (w *Workers) keepSecret(ctx context.Context, in *incoming, p press, key string) error {
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageRelayKept, nil), nil)
	out, err := w.Store.TakeRelay(ctx, in.effect, in.person.ID, key)
	if errors.Is(err, storage.ErrNotFound) {
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// speakOpenly remembers about what the person is not to be asked in this conversation. It is a convenience: should it be
// forgotten, they are asked again.
func (w *Workers) speakOpenly(ctx context.Context, in *incoming, conversation, letter string) error {
	open := &in.person.Settings.Chat.Open
	if open.Conversation != conversation {
		*open = storage.ChatOpen{Conversation: conversation}
	}
	open.Letters += letter
	_, err := w.Store.SetSettings(ctx, storage.Effect{User: in.person.ID}, in.person.ID, in.person.Settings)
	return err
}
