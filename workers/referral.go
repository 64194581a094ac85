package workers

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Inviting: a link says who gave it. Whoever comes by it for the first time belongs to the inviter, and both get credits
// once the friend had something painted: in its wake, or by the sweeper if that was lost.

// inviteLink is how the links of inviters begin.
const inviteLink = "ref"

// inviteCommand shows the person's own link, and what became of it.
func (w *Workers) inviteCommand(ctx context.Context, in *incoming, _ string) error {
	terms := w.Settings.Given.Referral
	if terms.Credits == 0 {
		w.say(in, texts.MessageInviteOff, nil)
		return w.done(ctx, in)
	}
	i, err := w.Store.Invites(ctx, in.person.ID)
	if err != nil {
		return err
	}
	link := w.startLink(inviteLink, i.Code)
	w.say(in, texts.MessageInvite, map[string]any{
		"Count": terms.Credits, "URL": link, "Joined": i.Joined, "Earned": i.Credits, "Made": i.Month, "Max": terms.Month,
	}, telegram.Row(w.share(in, link, texts.NoteShareInvite, terms.Credits)))
	return w.done(ctx, in)
}

// startLink is the address that opens the bot with something to begin with.
func (w *Workers) startLink(name, what string) string {
	return "https://t.me/" + w.BotName + "?start=" + name + "_" + what
}

// share is the button that sends a link to somebody.
func (w *Workers) share(in *incoming, link string, words texts.Key, credits int64) telegram.Button {
	q := url.Values{"url": {link}, "text": {in.texts.Plain(words, map[string]any{"Count": credits})}}
	return telegram.Button{Text: in.texts.Plain(texts.ButtonShare, nil), URL: "https://t.me/share/url?" + q.Encode()}
}

// greetInvited greets somebody who came by an inviter's link, if that counts; it reports false if not.
func (w *Workers) greetInvited(ctx context.Context, in *incoming, s standingOf, code string) (bool, error) {
	terms := w.Settings.Given.Referral
	if terms.Credits == 0 {
		return false, nil
	}
	said := len(in.effect.Sends)
	w.say(in, texts.MessageInvited, map[string]any{"Count": terms.Credits})
	if err := w.askMissing(ctx, in, s, texts.MessageWelcome); err != nil {
		return false, err
	}
	w.refreshMenu(in)
	out, err := w.Store.Refer(ctx, in.effect, in.person.ID, code)
	if err != nil {
		in.effect.Sends = in.effect.Sends[:said]
		return false, ignore(err, storage.ErrNotFound)
	}
	w.post(ctx, out)
	return true, nil
}

// payReferral gives both their credits if the person is somebody's friend and has just had something painted. What fails
// is done by the sweeper.
func (w *Workers) payReferral(ctx context.Context, friend int64) {
	ctx = context.WithoutCancel(ctx)
	r, err := w.Store.DueReferral(ctx, friend)
	if err == nil {
		err = w.payOne(ctx, r)
	}
	if ignore(err, storage.ErrNotFound) != nil {
		w.Log.WarnContext(ctx, "credits of an invitation not given, the sweeper will", "error", err)
	}
}

// payReferrals is the sweeper's part of it.
func (w *Workers) payReferrals(ctx context.Context) error {
	if w.Settings.Given.Referral.Credits == 0 {
		return nil
	}
	all, err := w.Store.DueReferrals(ctx, sweepLimit)
	return errors.Join(err, storage.Each(all, func(r storage.Referral) error { return w.payOne(ctx, r) }))
}

func (w *Workers) payOne(ctx context.Context, r storage.Referral) error {
	terms := w.Settings.Given.Referral
	if terms.Credits == 0 {
		return nil
	}
	friend, err := w.Store.PersonByID(ctx, r.Friend)
	if err != nil {
		return err
	}
	inviter, err := w.Store.PersonByID(ctx, r.Inviter)
	if err != nil {
		return err
	}
	acc, err := w.Store.Account(ctx, friend.ID)
	if err != nil {
		return err
	}
	toFriend := w.Desk().tell(friend, 0, texts.MessageInvitedPaid, map[string]any{"Count": terms.Credits, "Balance": acc.Available() + terms.Credits})
	toInviter := w.Desk().tell(inviter, 0, texts.MessageInviterPaid, map[string]any{"Count": terms.Credits})
	key := strconv.FormatInt(friend.ID, 10)
	toFriend.Key, toInviter.Key = "referred:"+key, "referral:"+key
	out, err := w.Store.PayReferral(ctx, r, terms, []storage.Send{toFriend}, []storage.Send{toInviter})
	if err != nil {
		return ignore(err, storage.ErrConsumed, storage.ErrRestricted)
	}
	w.post(ctx, out)
	return nil
}
