package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// askAccess says what is held about somebody, by category. That it was asked and answered is on record, once a day.
func (w *Workers) askAccess(ctx context.Context, in *incoming, p press) error {
	if in.chat.Type != telegram.ChatPrivate {
		return w.expired(ctx, in, p)
	}
	all, err := w.Store.Holdings(ctx, in.person.ID)
	if err != nil {
		return err
	}
	var rows []texts.Markup
	for _, h := range all {
		rows = append(rows, in.texts.Markup(texts.RowHeld, map[string]any{"Title": in.texts.Plain(heldTitle(h.Category), nil), "Number": h.Rows}))
	}
	w.answer(in, p, "")
	w.edit(in, p, in.texts.HTML(texts.MessageAccess, map[string]any{"Rows": rows, "PolicyURL": w.Settings.PolicyURL}),
		rowsOf(row(w.privacyButton(in, texts.ButtonExport, "export"), w.privacyBack(in))))
	out, err := w.Store.NoteAccess(ctx, in.effect, in.person.ID, storage.RightChat)
	return w.asked(ctx, in, p, out, err)
}

// asked ends the asking for a right. Nothing more is asked for of somebody who is being erased, and nothing twice at once.
func (w *Workers) asked(ctx context.Context, in *incoming, p press, out storage.Outbox, err error) error {
	if errors.Is(err, storage.ErrRestricted) || errors.Is(err, storage.ErrConsumed) {
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// Exports of one person in exportEvery.
const (
	exportsAtMost = 3
	exportEvery   = 24 * time.Hour
)

// askExport has everything about somebody packed and sent to them. While one is being made there is no other, and a few a day are
// enough.
func (w *Workers) askExport(ctx context.Context, in *incoming, p press) error {
	if in.chat.Type != telegram.ChatPrivate {
		return w.expired(ctx, in, p)
	}
	open, wait, err := w.exportsOf(ctx, in.person.ID)
	if err != nil {
		return err
	}
	said := len(in.effect.Sends)
	if w.answer(in, p, texts.AnswerExport); open != nil {
		w.say(in, texts.MessageExportRunning, exportState(*open))
		return w.done(ctx, in)
	}
	if wait > 0 {
		w.say(in, texts.MessageExportLimit, map[string]any{"Until": wait})
		return w.done(ctx, in)
	}
	w.say(in, texts.MessageExportStarted, nil)
	_, err = w.beginExport(ctx, in, storage.Right{Kind: storage.RightExport, Origin: storage.RightChat})
	switch {
	case errors.Is(err, storage.ErrConsumed): // pressed twice at once
		in.effect.Sends = in.effect.Sends[:said]
		w.answer(in, p, texts.AnswerExport)
		w.say(in, texts.MessageExportRunning, exportState(storage.Right{}))
		return w.done(ctx, in)
	case errors.Is(err, storage.ErrRestricted):
		in.effect.Sends = nil
		return w.expired(ctx, in, p)
	}
	return err
}

// beginExport commits that somebody wants an export, and has it made.
func (w *Workers) beginExport(ctx context.Context, in *incoming, r storage.Right) (storage.Ref, error) {
	r.User, r.Status = in.person.ID, storage.RightAsked
	ref, out, err := w.Store.AskRight(ctx, in.effect, r)
	if err != nil {
		return ref, err
	}
	w.post(ctx, out)
	w.enqueue(ctx, queue.NewRightServeTask(ref.ID, ref.Epoch))
	return ref, nil
}

// exportsOf returns the export of a person that is being made, or nil, and how long they have to wait for another one.
func (w *Workers) exportsOf(ctx context.Context, user int64) (open *storage.Right, wait time.Duration, err error) {
	now := w.Store.Now()
	all, err := w.Store.Exports(ctx, user, now.Add(-exportEvery))
	var lately []storage.Right
	for _, r := range all {
		if r.Status == storage.RightAsked || r.Status == storage.RightRunning {
			open = &r
			continue
		}
		lately = append(lately, r)
	}
	if len(lately) >= exportsAtMost { // newest first
		wait = max(time.Minute, exportEvery-now.Sub(lately[exportsAtMost-1].Created))
	}
	return open, wait, err
}

// heldTitle is what a category is called.
func heldTitle(c storage.Category) texts.Key {
	return map[storage.Category]texts.Key{
		storage.CategoryAccount: texts.NoteHeldAccount, storage.CategoryConsents: texts.NoteHeldConsents, storage.CategoryGenerations: texts.NoteHeldGenerations,
		storage.CategoryWritings: texts.NoteHeldWritings, storage.CategoryCredits: texts.NoteHeldCredits, storage.CategoryPayments: texts.NoteHeldPayments,
		storage.CategoryConversations: texts.NoteHeldConversations, storage.CategoryMessages: texts.NoteHeldMessages, storage.CategoryHelp: texts.NoteHeldHelp,
		storage.CategoryModeration: texts.NoteHeldModeration, storage.CategoryRights: texts.NoteHeldRights,
	}[c]
}

// heldFor says what a category is for, and for how long.
func heldFor(c storage.Category) texts.Key {
	return map[storage.Category]texts.Key{
		storage.CategoryAccount: texts.AboutHeldAccount, storage.CategoryConsents: texts.AboutHeldConsents, storage.CategoryGenerations: texts.AboutHeldGenerations,
		storage.CategoryWritings: texts.AboutHeldWritings, storage.CategoryCredits: texts.AboutHeldCredits, storage.CategoryPayments: texts.AboutHeldPayments,
		storage.CategoryConversations: texts.AboutHeldConversations, storage.CategoryMessages: texts.AboutHeldMessages, storage.CategoryHelp: texts.AboutHeldHelp,
		storage.CategoryModeration: texts.AboutHeldModeration, storage.CategoryRights: texts.AboutHeldRights,
	}[c]
}

// groundNote says why something may be kept.
func groundNote(g storage.Ground) texts.Key {
	return map[storage.Ground]texts.Key{
		storage.GroundContract: texts.NoteGroundContract, storage.GroundConsent: texts.NoteGroundConsent, storage.GroundDuty: texts.NoteGroundDuty,
		storage.GroundInterest: texts.NoteGroundInterest,
	}[g]
}
