package workers

import (
	"context"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// What everybody is told of an incident can be written in Telegram as at the command line: it is shown to the operator first, and
// the button that says how bad it is, or how far it has come, puts it on the status page. Who answers the question writes it anew.

// incidentExample is how one begins: a title, and below it what people notice.
const incidentExample = "/incident Pictures are late\nWe are looking into it."

// incidentCommand begins an incident, or lists those that last.
func (w *Workers) incidentCommand(ctx context.Context, in *incoming, args string) error {
	if args != "" {
		return w.askIncident(ctx, in, storage.Deed{What: deedTell, Words: args})
	}
	all, err := w.Store.Incidents(ctx, w.Store.Now().Add(time.Hour)) // none that is resolved
	if err != nil {
		return err
	}
	var rows []texts.Markup
	var buttons [][]telegram.Button
	for _, i := range all {
		rows = append(rows, in.texts.Markup(texts.RowCrewIncident, w.incidentData(in, i)))
		buttons = append(buttons, row(telegram.Button{
			Text: "💬 " + texts.Clip(incidentShown, titleOf(i)), Data: w.signer.Data(telegram.OpCrewChoose, deedSay+"-"+i.ID, in.person.TelegramID, ""),
		}))
	}
	w.say(in, texts.MessageCrewIncidents, map[string]any{"Rows": rows, "Example": incidentExample}, buttons...)
	return w.done(ctx, in)
}

// incidentShown is how many characters of a title stand on a button.
const incidentShown = 40

func titleOf(i storage.Incident) string { return i.Title[AnnouncementFallback] }

// incidentData describes an incident.
func (w *Workers) incidentData(in *incoming, i storage.Incident) map[string]any {
	word := func(code string) string { return in.texts.Plain(reasonKeys()[code], nil) }
	return map[string]any{"Title": titleOf(i), "Impact": word(string(i.Impact)), "Stage": word(incidentView(i).Stage), "When": i.Began}
}

// askMore asks an operator what everybody is to read about an incident now.
func (w *Workers) askMore(ctx context.Context, in *incoming, p press, d storage.Deed) error {
	i, err := w.Desk().incident(ctx, d.Object)
	if err != nil {
		return w.crewNot(ctx, in, err)
	}
	d.Shown = titleOf(i)
	body := w.body(in, texts.MessageCrewMore, w.incidentData(in, i))
	body.ReplyTo, body.Asks, body.About = p.messageID(), true, &storage.About{Deed: &d}
	w.tell(in, body)
	return w.done(ctx, in)
}

// askIncident shows what everybody would read, and asks how bad it is or how far it has come. What cannot be said is refused now.
func (w *Workers) askIncident(ctx context.Context, in *incoming, d storage.Deed) error {
	draft := draftOf(d, "")
	if d.What == deedTell && draft.Document == "" && strings.TrimSpace(draft.Text) == "" {
		return w.crewHow(ctx, in, incidentExample)
	}
	var said map[string]string
	var err error
	if d.What == deedTell {
		i, u, refused := w.Desk().newIncident(draft)
		d.Shown, said, err = titleOf(i), u.Text, refused
	} else {
		_, said, err = w.Desk().incidentWords(draft, false)
	}
	if err != nil {
		return w.crewNot(ctx, in, err)
	}
	key := texts.MessageCrewTell
	if d.What == deedSay {
		key = texts.MessageCrewSay
	}
	w.askAbout(in, d, key, map[string]any{
		"Title": d.Shown, "Words": said[AnnouncementFallback], "Parts": strings.Join(draft.Parts, ", "), "Languages": strings.Join(w.several(said), ", "),
	})
	return w.done(ctx, in)
}

// several are the languages of what is said in more than one.
func (w *Workers) several(said map[string]string) (languages []string) {
	for _, lang := range w.Texts.Languages() {
		if said[lang] != "" && len(said) > 1 {
			languages = append(languages, lang)
		}
	}
	return languages
}

// draftOf reads what an operator wrote: in English, or in several languages as ParseAnnouncement reads them, behind the parts that are
// affected, as in "#images #delivery". The code is that of the button.
func draftOf(d storage.Deed, code string) DraftIncident {
	draft := DraftIncident{}
	first, rest, _ := strings.Cut(strings.TrimSpace(d.Words), "\n")
	var title []string
	for word := range strings.FieldsSeq(first) {
		if part, ok := strings.CutPrefix(word, "#"); ok && part != "" {
			draft.Parts = append(draft.Parts, part)
		} else {
			title = append(title, word)
		}
	}
	first = strings.Join(title, " ")
	whole := strings.TrimSpace(first + "\n" + rest)
	if d.What == deedTell {
		draft.Impact, draft.Title, draft.Text = storage.Impact(code), first, strings.TrimSpace(rest)
	} else {
		draft.Stage, draft.Text = storage.IncidentStage(code), whole
	}
	if strings.HasPrefix(whole, "[") {
		draft.Document, draft.Title, draft.Text = whole, "", ""
	}
	return draft
}

// incidentDeed tells everybody.
func (w *Workers) incidentDeed(ctx context.Context, in *incoming, by storage.By, d storage.Deed) (out storage.Outbox, err error) {
	draft := draftOf(d, by.Why)
	if by.Why = ""; d.What == deedTell { // how bad it is is no reason
		_, out, err = w.Desk().openIncident(ctx, in.effect, by, draft)
	} else {
		_, out, err = w.Desk().updateIncident(ctx, in.effect, by, d.Object, draft)
	}
	return out, err
}
