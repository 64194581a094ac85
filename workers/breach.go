package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
)

// BreachView is a breach of personal data, as operators keep its record.
type BreachView struct {
	ID string `json:"id"`
	storage.BreachBody
	People       int64         `json:"people"`
	Discovered   time.Time     `json:"discovered"`
	Authority    time.Time     `json:"authority_told,omitzero"`
	Told         time.Time     `json:"people_told,omitzero"`
	Closed       time.Time     `json:"closed,omitzero"`
	Announcement string        `json:"announcement,omitempty"`
	Left         time.Duration `json:"left_ns,omitempty"` // to tell the authority; less than zero is too late
}

func breachView(b storage.Breach) BreachView {
	return BreachView{b.ID, b.BreachBody, b.People, b.Discovered, b.Authority, b.Told, b.Closed, b.Announcement, b.Left(time.Now())}
}

// Breaches lists all of them, newest first.
func (d *Desk) Breaches(ctx context.Context) ([]BreachView, error) {
	all, err := d.Store.Breaches(ctx)
	views := make([]BreachView, 0, len(all))
	for _, b := range all {
		views = append(views, breachView(b))
	}
	return views, err
}

// RecordBreach writes one down: from its discovery on the time runs.
func (d *Desk) RecordBreach(ctx context.Context, by storage.By, b storage.Breach) (BreachView, error) {
	if err := checkBreach(b); err != nil {
		return BreachView{}, err
	}
	b, err := d.Store.RecordBreach(ctx, storage.Act{By: by, What: "breach record"}, b)
	return breachView(b), err
}

// UpdateBreach keeps what change makes of one.
func (d *Desk) UpdateBreach(ctx context.Context, by storage.By, id string, change func(*storage.Breach)) (BreachView, error) {
	b, err := d.breach(ctx, id)
	if err != nil {
		return BreachView{}, err
	}
	change(&b)
	if err := checkBreach(b); err != nil {
		return BreachView{}, err
	}
	return breachView(b), d.Store.ChangeBreach(ctx, storage.Act{By: by, What: "breach update", Object: id}, b)
}

func checkBreach(b storage.Breach) error {
	now := time.Now().Add(time.Minute)
	switch {
	case b.Facts == "":
		return &OperatorError{"say what happened"}
	case b.People < 0:
		return &OperatorError{"the number of people is below zero"}
	case b.Discovered.After(now), b.Authority.After(now):
		return &OperatorError{"the time is in the future"}
	case !b.Authority.IsZero() && b.Authority.Before(b.Discovered):
		return &OperatorError{"the authority cannot have been told before the discovery"}
	}
	return nil
}

func (d *Desk) breach(ctx context.Context, id string) (storage.Breach, error) {
	b, err := d.Store.Breach(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no breach " + id + "; imagika admin breach list lists them"}
	}
	return b, err
}

// notice is what people are told because they have to be: nobody has opted out of it.
func notice(document string, listed bool) DraftAnnouncement {
	return DraftAnnouncement{Document: document, Audience: storage.Audience{Duty: true, Listed: listed}, Loud: true}
}

// ReachBreach says whom a notice would reach, and what they would read. No names are everybody.
func (d *Desk) ReachBreach(ctx context.Context, id, document string, names []string) (ReachView, error) {
	if _, err := d.breach(ctx, id); err != nil {
		return ReachView{}, err
	}
	people, err := d.people(ctx, names)
	if err != nil {
		return ReachView{}, err
	}
	v, err := d.Reach(ctx, notice(document, len(names) > 0))
	if err != nil || len(names) == 0 {
		return v, err
	}
	v.By, v.People, v.Blocked, v.Barred = map[string]int64{}, 0, 0, 0
	for _, id := range people {
		p, err := d.Store.PersonByID(ctx, id)
		if err != nil {
			return v, err
		}
		switch unwanted(p, true) {
		case storage.RecipientBlocked:
			v.Blocked++
		case storage.RecipientSkipped:
			v.Barred++
		default:
			v.By[d.Texts.For(p.Lang).Language()]++
			v.People++
		}
	}
	v.Takes = time.Duration(v.People) * time.Minute / AnnouncementPace
	return v, nil
}

// NotifyBreach begins to tell people, paced like an announcement, once a second operator wants the same words to the same people. The
// view of a first word has no id.
func (d *Desk) NotifyBreach(ctx context.Context, by storage.By, id, document string, names []string) (AnnouncementView, error) {
	b, err := d.breach(ctx, id)
	if err != nil {
		return AnnouncementView{}, err
	}
	if b.Announcement != "" {
		return AnnouncementView{}, &OperatorError{"people are told already; imagika admin announce show " + b.Announcement + " says how far that is, and announce edit changes what they read"}
	}
	people, err := d.people(ctx, names)
	if err != nil {
		return AnnouncementView{}, err
	}
	a, err := d.checkDraft(notice(document, len(names) > 0))
	if err != nil {
		return AnnouncementView{}, err
	}
	if second, err := d.agree(ctx, storage.Act{By: by, What: "breach notify first", Object: id}, "breach "+id, document, fmt.Sprint(people)); err != nil || !second {
		return AnnouncementView{}, err
	}
	if a, err = d.Store.AddAnnouncement(ctx, storage.Act{By: by, What: "breach notify"}, a, people...); err != nil {
		return AnnouncementView{}, err
	}
	b.Announcement, b.Told = a.ID, time.Now()
	if err := d.Store.ChangeBreach(ctx, storage.Act{By: by, What: "breach notify", Object: id}, b); err != nil {
		return AnnouncementView{}, err
	}
	return d.MoveAnnouncement(ctx, by, a.ID, storage.AnnouncementSending)
}

// people finds everybody who is named, by the hash of logs and lists or by a Telegram id, in one look at all people.
func (d *Desk) people(ctx context.Context, names []string) (ids []int64, err error) {
	hashes := make(map[string]int64)
	for _, name := range names {
		if len(name) == hashLength {
			hashes[strings.ToLower(name)] = 0
		}
	}
	if len(hashes) > 0 {
		err = d.Store.People(ctx, func(id int64) bool {
			for _, hash := range d.Store.LogIDs(id) {
				if _, named := hashes[hash]; named {
					hashes[hash] = id
				}
			}
			return true
		})
	}
	for _, name := range names {
		id := hashes[strings.ToLower(name)]
		if telegramID, failed := strconv.ParseInt(name, 10, 64); failed == nil && len(name) != hashLength && err == nil {
			id, err = d.Store.FindPerson(ctx, telegramID)
			err = ignore(err, storage.ErrNotFound)
		}
		if id == 0 && err == nil {
			err = &OperatorError{"there is no person " + name}
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}
