package workers

import (
	"context"
	"slices"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// What people can do about their data begins at /privacy: one message that changes in place as one walks through it. Each page
// is a row of the table below; what it does is a file of its own.

// privacyPage is one of the buttons.
type privacyPage struct {
	name   string // in its data
	button texts.Key
	// open answers the press, whose object is what follows the name after an equals sign.
	open func(w *Workers, ctx context.Context, in *incoming, p press) error
}

// privacyPages is the table, in the order of the buttons.
func privacyPages() []privacyPage {
	return []privacyPage{
		{"access", texts.ButtonPrivacyAccess, (*Workers).askAccess},
		{"export", texts.ButtonExport, (*Workers).askExport},
		{"correct", texts.ButtonPrivacyCorrect, (*Workers).showCorrect},
		{portPage, texts.ButtonPrivacyPort, (*Workers).askPort},
		{"object", texts.ButtonPrivacyObject, (*Workers).showObject},
		{restrictPage, texts.ButtonPrivacyRestrict, (*Workers).showRestrict},
		{"who", texts.ButtonPrivacyReceivers, (*Workers).showReceivers},
		{"consents", texts.ButtonConsents, (*Workers).showConsents},
		{"asked", texts.ButtonPrivacyRequests, (*Workers).showRequests},
		{"erase", texts.ButtonErase, (*Workers).askErase},
		{"contact", texts.ButtonPrivacyContact, (*Workers).showContact},
	}
}

// portPage is there where mails are sent.
const portPage = "port"

// privacyCommand shows where it begins.
func (w *Workers) privacyCommand(ctx context.Context, in *incoming, _ string) error {
	text, rows := w.privacyHub(in)
	w.tell(in, messageBody{Chat: in.chat.ID, Text: text, Keyboard: rows})
	return w.done(ctx, in)
}

func (w *Workers) privacyHub(in *incoming) (text string, rows [][]telegram.Button) {
	var all []telegram.Button
	for _, page := range privacyPages() {
		if page.name == portPage && w.Mail == nil {
			continue
		}
		b := w.privacyButton(in, page.button, page.name)
		if page.name == restrictPage && in.person.Restricted {
			b = w.button(in, texts.ButtonUnrestrict, telegram.OpRestrict, restrictOff, "")
		}
		all = append(all, b)
	}
	return in.texts.HTML(texts.MessagePrivacy, map[string]any{"PolicyURL": policyURL(w.Settings.PolicyURL, in.texts.Language()), "Frozen": in.person.Restricted}), grid(all, 2)
}

// privacyButton opens a page, or sets something on it.
func (w *Workers) privacyButton(in *incoming, key texts.Key, object string) telegram.Button {
	return w.button(in, key, telegram.OpPrivacy, object, "")
}

// privacyBack leads to where it begins.
func (w *Workers) privacyBack(in *incoming) telegram.Button {
	return w.privacyButton(in, texts.ButtonBack, "")
}

// pressPrivacy opens a page in place.
func (w *Workers) pressPrivacy(ctx context.Context, in *incoming, p press) error {
	name, value, _ := strings.Cut(p.Object, "=")
	if name == "" {
		w.answer(in, p, "")
		text, rows := w.privacyHub(in)
		w.edit(in, p, text, rows)
		return w.done(ctx, in)
	}
	pages := privacyPages()
	i := slices.IndexFunc(pages, func(page privacyPage) bool { return page.name == name })
	if i < 0 {
		return w.expired(ctx, in, p)
	}
	p.Object = value
	return pages[i].open(w, ctx, in, p)
}

// privacyTurn shows a page in place of the one whose button was pressed, with the way back.
func (w *Workers) privacyTurn(ctx context.Context, in *incoming, p press, key texts.Key, data map[string]any, rows ...[]telegram.Button) error {
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(key, data), append(rowsOf(rows...), row(w.privacyBack(in))))
	return w.done(ctx, in)
}

// showCorrect shows what can be corrected.
func (w *Workers) showCorrect(ctx context.Context, in *incoming, p press) error {
	switch p.Object {
	case "language":
		w.answer(in, p, "")
		return w.languageCommand(ctx, in, "")
	case "mail":
		return w.askMail(ctx, in, p)
	case "age":
		return w.privacyTurn(ctx, in, p, texts.MessageAgeAgain, nil, w.decadeButtons(in)...)
	}
	var mail telegram.Button
	if w.Mail != nil {
		mail = w.privacyButton(in, texts.ButtonPrivacyMail, "correct=mail")
	}
	return w.privacyTurn(ctx, in, p, texts.MessageCorrect, map[string]any{"Language": in.texts.Plain(texts.ButtonLanguage, nil)},
		grid(row(w.privacyButton(in, texts.ButtonChatLanguage, "correct=language"), w.privacyButton(in, texts.ButtonAge, "correct=age"), mail,
			w.button(in, texts.ButtonHelpdesk, telegram.OpHelpdesk, "", "")), 2)...)
}

// showContact says who answers for the data.
func (w *Workers) showContact(ctx context.Context, in *incoming, p press) error {
	return w.privacyTurn(ctx, in, p, texts.MessagePrivacyContact, w.contact(),
		row(w.button(in, texts.ButtonHelpdesk, telegram.OpHelpdesk, "", "")))
}

// requestRows is how many requests a person is shown.
const requestRows = 15

// showRequests lists what somebody asked about their data, and what became of it.
func (w *Workers) showRequests(ctx context.Context, in *incoming, p press) error {
	all, err := w.Store.Rights(ctx, in.person.ID, requestRows)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return w.privacyTurn(ctx, in, p, texts.MessageRequestsNone, nil)
	}
	var rows []texts.Markup
	for _, r := range all {
		rows = append(rows, requestRow(in.texts, r))
	}
	return w.privacyTurn(ctx, in, p, texts.MessageRequests, map[string]any{"Rows": rows})
}

// requestRow is a request in one line.
func requestRow(p texts.Printer, r storage.Right) texts.Markup {
	data := map[string]any{"When": r.Created, "What": p.Plain(rightText(r), nil), "Of": rightOf(p, r), "Status": p.Plain(requestText(r.Status), nil), "Due": nil}
	if r.Ended.IsZero() {
		data["Due"] = r.Due
	}
	return p.Markup(texts.RowRequest, data)
}

// rightText says what was asked for.
func rightText(r storage.Right) texts.Key {
	switch r.Kind {
	case storage.RightAccess:
		return texts.NoteRightAccess
	case storage.RightRectify:
		return texts.NoteRightRectify
	case storage.RightExport:
		return texts.NoteRightExport
	case storage.RightPort:
		return texts.NoteRightPort
	case storage.RightErase:
		return texts.NoteRightErase
	case storage.RightRestrict:
		if !r.Switch().On {
			return texts.NoteRightUnrestrict
		}
		return texts.NoteRightRestrict
	case storage.RightObject:
		if r.Switch().On {
			return texts.NoteRightAllow
		}
		return texts.NoteRightObject
	}
	return texts.NoteRightWithdraw
}

// rightOf says what somebody objected to, empty for everything else.
func rightOf(p texts.Printer, r storage.Right) string {
	switch to := r.Switch(); {
	case to.Provider != "":
		return serviceOf(to.Provider).title
	case to.Purpose != "":
		return p.Plain(purposeText(to.Purpose), nil)
	}
	return ""
}

// requestText says what became of it.
func requestText(s storage.RightStatus) texts.Key {
	switch s {
	case storage.RightAsked:
		return texts.NoteRequestAsked
	case storage.RightRunning:
		return texts.NoteRequestRunning
	case storage.RightRefused:
		return texts.NoteRequestRefused
	case storage.RightCanceled:
		return texts.NoteRequestCanceled
	}
	return texts.NoteRequestDone
}
