package storage

import (
	"context"
	"encoding/base32"
	"errors"
	"strconv"
	"strings"
	"time"
)

// ReferralTerms are what inviting friends brings.
type ReferralTerms struct {
	Credits int64         // to both, once the friend had something painted; zero is none at all
	Month   int64         // friends that an inviter is given credits for in a calendar month, UTC
	Most    int64         // and in all
	Keep    time.Duration // how long the credits can be used; zero is for ever
}

// Invites is what a person has of their invitations.
type Invites struct {
	Code    string
	Joined  int64 // friends who came
	Paid    int64 // of those, who brought credits
	Month   int64 // and did so in this calendar month, UTC
	Credits int64 // that they brought
}

// Referral is somebody who came by an invitation.
type Referral struct {
	Friend, Inviter int64
}

// bindTime is how new somebody has to be: who was here before cannot be brought here.
const bindTime = time.Hour

// publicCode is a keyed code that tells nothing about the value, for links.
func (s *Store) publicCode(purpose, value string, length int) string {
	return strings.ToLower(base32.StdEncoding.EncodeToString(s.keys.Index(purpose, value)))[:length]
}

// inviteLength is that of a code: 60 bits.
const inviteLength = 12

// Invites returns the person's code, made at the first look, and what became of it.
func (s *Store) Invites(ctx context.Context, user int64) (i Invites, err error) {
	i.Code = s.publicCode("invite", strconv.FormatInt(user, 10), inviteLength)
	err = s.write(ctx, func(t tx) error {
		if _, err := t.exec(ctx, `INSERT INTO invites (user_id, code, created_at) SELECT id, $2, $3 FROM users
			WHERE id = $1 AND erasing_at IS NULL ON CONFLICT (user_id) DO NOTHING`, user, i.Code, t.now); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN credits > 0 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN credits > 0 AND closed_at >= $2 THEN 1 ELSE 0 END), 0), COALESCE(SUM(credits), 0)
			FROM referrals WHERE inviter_id = $1`, user, month(t.now)).Scan(&i.Joined, &i.Paid, &i.Month, &i.Credits)
	})
	return i, err
}

// Refer notes who brought somebody that has just come. The inviter was here before, so nobody brings themselves or who
// brought them; the first invitation counts. ErrNotFound says that this one does not.
func (s *Store) Refer(ctx context.Context, e Effect, friend int64, code string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `INSERT INTO referrals (friend_id, inviter_id, status, created_at)
			SELECT f.id, u.id, 'open', $3 FROM users f, invites i JOIN users u ON u.id = i.user_id
			WHERE f.id = $1 AND i.code = $2 AND u.created_at < f.created_at AND u.id <> f.id AND f.created_at > $4
				AND u.erasing_at IS NULL AND COALESCE(u.ban_until, 0) <= $3 AND f.erasing_at IS NULL AND COALESCE(f.ban_until, 0) <= $3
				AND f.welcomed_at IS NULL AND NOT EXISTS (SELECT 1 FROM consents WHERE user_id = f.id)
			ON CONFLICT (friend_id) DO NOTHING`, friend, code, t.now, t.now-bindTime.Microseconds())
	})
}

// dueReferral picks referrals whose friend paid for something that was made. That of a friend who restricts what is done with their
// data waits until they do not.
var dueReferral = `SELECT friend_id, inviter_id FROM referrals r WHERE status = 'open'
	AND EXISTS (SELECT 1 FROM transfers WHERE user_id = r.friend_id AND kind = 'capture') AND ` + active("r.friend_id")

func scanReferral(row scanner) (r Referral, err error) {
	err = row.Scan(&r.Friend, &r.Inviter)
	return r, err
}

// DueReferral returns the referral of a friend for whom credits are due, or ErrNotFound.
func (s *Store) DueReferral(ctx context.Context, friend int64) (Referral, error) {
	r, err := scanReferral(s.r.QueryRowContext(ctx, dueReferral+` AND friend_id = $1`, friend))
	return r, notFound(err)
}

// DueReferrals returns those whose credits nobody has given yet, the oldest first.
func (s *Store) DueReferrals(ctx context.Context, limit int) ([]Referral, error) {
	return collect(ctx, s.r, scanReferral, dueReferral+` ORDER BY created_at LIMIT $1`, limit)
}

// PayReferral gives the credits of a referral, each once, and owes the messages of those who got some. An inviter beyond
// the terms' limits, or banned, gets none; a friend who is banned brings none. ErrConsumed says that it was done before.
func (s *Store) PayReferral(ctx context.Context, r Referral, terms ReferralTerms, friend, inviter []Send) (out Outbox, err error) {
	toFriend, err := s.sealSends(ctx, friend)
	if err != nil {
		return nil, err
	}
	toInviter, err := s.sealSends(ctx, inviter)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(t tx) error {
		due, err := t.closeReferral(ctx, r, terms)
		if err != nil || due.friend == 0 {
			return err
		}
		if due.inviter == 0 {
			toInviter = nil
		}
		if out, err = t.owe(ctx, append(toFriend, toInviter...)); err != nil {
			return err
		}
		return t.giveBoth(ctx, r, due, t.after(terms.Keep))
	})
	return out, err
}

// shares are what the two of a referral get.
type shares struct{ friend, inviter int64 }

// closeReferral ends a referral and says who gets what. The inviter's row is locked first, so that two friends at once
// cannot both be the last that counts.
func (t tx) closeReferral(ctx context.Context, r Referral, terms ReferralTerms) (due shares, err error) {
	if err := t.change(ctx, ErrNotFound, `UPDATE invites SET paid = paid + 1 WHERE user_id = $1`, r.Inviter); err != nil {
		return due, err
	}
	due = shares{terms.Credits, terms.Credits}
	if err := t.welcome(ctx, r.Friend); err != nil {
		due = shares{}
		if !errors.Is(err, ErrBanned) {
			return due, err
		}
	}
	ok, err := t.earns(ctx, r.Inviter, terms)
	if err != nil {
		return due, err
	}
	if !ok {
		due.inviter = 0
	}
	status := "paid"
	if due.friend == 0 {
		status = "void"
	}
	return due, t.change(ctx, ErrConsumed, `UPDATE referrals SET status = $2, credits = $3, closed_at = $4
		WHERE friend_id = $1 AND status = 'open'`, r.Friend, status, due.inviter, t.now)
}

// earns reports whether an inviter gets credits for one more friend.
func (t tx) earns(ctx context.Context, inviter int64, terms ReferralTerms) (bool, error) {
	err := t.welcome(ctx, inviter)
	if errors.Is(err, ErrBanned) || errors.Is(err, ErrRestricted) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var all, recent int64
	err = t.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN closed_at >= $2 THEN 1 ELSE 0 END), 0) FROM referrals
		WHERE inviter_id = $1 AND credits > 0`, inviter, month(t.now)).Scan(&all, &recent)
	return all < terms.Most && recent < terms.Month, err
}

// giveBoth touches the accounts in the order of their ids, as whoever touches two does: then nobody waits in a circle.
func (t tx) giveBoth(ctx context.Context, r Referral, due shares, expires time.Time) error {
	friend := strconv.FormatInt(r.Friend, 10)
	both := []Given{
		{User: r.Friend, Key: "referred:" + friend, Source: SourceReferral, Credits: due.friend, Expires: expires},
		{User: r.Inviter, Key: "referral:" + friend, Source: SourceReferral, Credits: due.inviter, Expires: expires},
	}
	if r.Inviter < r.Friend {
		both[0], both[1] = both[1], both[0]
	}
	for _, g := range both {
		if g.Credits == 0 {
			continue
		}
		if _, err := t.give(ctx, g); err != nil {
			return err
		}
	}
	return nil
}
