package workers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// The pace of announcements, in people a minute. Telegram allows a bot about 30 messages in a second, and what people asked for
// goes first.
const (
	AnnouncementPace    = 600
	maxAnnouncementPace = 1200
)

// deletable is how long Telegram lets a bot take messages back.
const deletable = 48 * time.Hour

// AnnouncementView is an announcement and what came of it.
type AnnouncementView struct {
	ID       string                     `json:"id"`
	Status   storage.AnnouncementStatus `json:"status"`
	Texts    map[string]string          `json:"texts"`
	Audience storage.Audience           `json:"audience"`
	Loud     bool                       `json:"loud"`
	Pace     int64                      `json:"people_a_minute"`
	Edition  int64                      `json:"edition"`
	Created  time.Time                  `json:"created"`
	Started  time.Time                  `json:"started,omitzero"`
	Ended    time.Time                  `json:"ended,omitzero"`
	// Counting says that not everybody it is for has been found yet.
	Counting bool `json:"counting,omitempty"`
	// By says how many people are in which status.
	By       map[storage.RecipientStatus]int64 `json:"people"`
	OptedOut int64                             `json:"opted_out"` // by its button
	Left     int64                             `json:"left"`
	ETA      time.Duration                     `json:"eta_ns,omitempty"`
}

// ReachView is whom an announcement would reach now, and what they would read.
type ReachView struct {
	People   int64             `json:"people"`
	By       map[string]int64  `json:"by_language"` // that the bot speaks to them
	Reads    map[string]string `json:"reads"`       // which text they read, by that language
	Shown    map[string]string `json:"shown"`       // the message, by the language of its text
	Blocked  int64             `json:"blocked"`     // left out: who blocked the bot,
	OptedOut int64             `json:"opted_out"`   // who wants none,
	Barred   int64             `json:"barred"`      // who is banned or had us stop using what we know
	Takes    time.Duration     `json:"takes_ns"`
}

// DraftAnnouncement is what an operator wants to announce.
type DraftAnnouncement struct {
	Document string // see ParseAnnouncement
	Audience storage.Audience
	Loud     bool
	Pace     int64 // people a minute; zero is AnnouncementPace
}

// checkDraft reads the document and fills in what was left out.
func (d *Desk) checkDraft(draft DraftAnnouncement) (a storage.Announcement, err error) {
	a = storage.Announcement{Audience: draft.Audience, Loud: draft.Loud, Pace: draft.Pace}
	if a.Pace == 0 {
		a.Pace = AnnouncementPace
	}
	if a.Pace < 1 || a.Pace > maxAnnouncementPace {
		return a, refusedText("the pace is %d people a minute, and has to be 1 to %d", a.Pace, maxAnnouncementPace)
	}
	for _, lang := range a.Audience.Languages {
		if !slices.Contains(d.Texts.Languages(), lang) {
			return a, refusedText("%s is none of the bot’s languages: %s", lang, strings.Join(d.Texts.Languages(), ", "))
		}
	}
	a.Texts, err = ParseAnnouncement(d.Texts, draft.Document)
	return a, err
}

// Reach says whom a draft would reach, what they would read and how long it would take. Nothing is kept.
func (d *Desk) Reach(ctx context.Context, draft DraftAnnouncement) (v ReachView, err error) {
	a, err := d.checkDraft(draft)
	if err != nil {
		return v, err
	}
	return d.reach(ctx, a)
}

// ReachAnnouncement is Reach of one that is kept.
func (d *Desk) ReachAnnouncement(ctx context.Context, id string) (ReachView, error) {
	a, err := d.announcement(ctx, id)
	if err != nil {
		return ReachView{}, err
	}
	return d.reach(ctx, a)
}

func (d *Desk) reach(ctx context.Context, a storage.Announcement) (v ReachView, err error) {
	if err := spokenTo(ctx, d.Store, d.Texts, &a.Audience); err != nil {
		return v, err
	}
	r, err := d.Store.Reach(ctx, a.Audience)
	v = ReachView{
		By: map[string]int64{}, Reads: map[string]string{}, Shown: map[string]string{}, Blocked: r.Blocked, OptedOut: r.OptedOut, Barred: r.Barred,
	}
	for tag, n := range r.Tags {
		v.By[d.Texts.For(tag).Language()] += n
		v.People += n
	}
	for _, lang := range d.Texts.Languages() {
		v.Reads[lang] = AnnouncementFallback
		if _, own := a.Texts[lang]; own {
			v.Reads[lang] = lang
			v.Shown[lang] = announcementText(d.Texts, a, lang)
		}
	}
	v.Takes = time.Duration(v.People) * time.Minute / time.Duration(a.Pace)
	return v, err
}

// spokenTo finds the tags of the people who are spoken to in the languages of an audience.
func spokenTo(ctx context.Context, store *storage.Store, catalog *texts.Catalog, a *storage.Audience) error {
	if len(a.Languages) == 0 {
		return nil
	}
	tags, err := store.Tags(ctx)
	a.Tags = slices.DeleteFunc(tags, func(tag string) bool { return !slices.Contains(a.Languages, catalog.For(tag).Language()) })
	return err
}

// AddAnnouncement keeps a draft.
func (d *Desk) AddAnnouncement(ctx context.Context, by storage.By, draft DraftAnnouncement) (AnnouncementView, error) {
	a, err := d.checkDraft(draft)
	if err != nil {
		return AnnouncementView{}, err
	}
	if a, err = d.Store.AddAnnouncement(ctx, storage.Act{By: by, What: "announce create"}, a); err != nil {
		return AnnouncementView{}, err
	}
	return d.Announcement(ctx, a.ID)
}

// TestAnnouncement shows an announcement to the operators alone, in every language it has.
func (d *Desk) TestAnnouncement(ctx context.Context, by storage.By, id string) error {
	a, err := d.announcement(ctx, id)
	if err != nil {
		return err
	}
	if d.Operators == 0 {
		return &OperatorError{"there is no chat of operators to show it in: set IMAGIKA_OPERATOR_CHAT"}
	}
	desk, err := d.Store.Operator(ctx, operatorName)
	if err != nil {
		return err
	}
	e := storage.Effect{}
	for _, lang := range d.Texts.Languages() {
		if _, ok := a.Texts[lang]; ok {
			e.Sends = append(e.Sends, storage.Send{User: desk.ID, Kind: storage.SendMessage, Body: messageBody{
				Chat: d.Operators, Text: announcementText(d.Texts, a, lang),
			}})
		}
	}
	_, err = d.Store.Acted(ctx, e, storage.Act{By: by, What: "announce test", Object: id})
	return err
}

// MoveAnnouncement starts or resumes (sending), pauses, cancels or deletes an announcement.
func (d *Desk) MoveAnnouncement(ctx context.Context, by storage.By, id string, to storage.AnnouncementStatus) (AnnouncementView, error) {
	a, err := d.announcement(ctx, id)
	if err != nil {
		return AnnouncementView{}, err
	}
	what := map[storage.AnnouncementStatus]string{
		storage.AnnouncementSending: "announce start", storage.AnnouncementPaused: "announce pause", storage.AnnouncementCanceled: "announce cancel",
		storage.AnnouncementDeleting: "announce delete",
	}[to]
	if to == storage.AnnouncementSending && a.Status == storage.AnnouncementPaused {
		what = "announce resume"
	}
	if to == storage.AnnouncementDeleting && !a.Ended.IsZero() && time.Since(a.Ended) > deletable {
		return AnnouncementView{}, &OperatorError{"it was sent more than 48 hours ago, and Telegram lets nobody take it back any more"}
	}
	if err := d.Store.MoveAnnouncement(ctx, storage.Act{By: by, What: what, Object: id}, id, to); err != nil {
		return AnnouncementView{}, standsElsewhere(err, a)
	}
	return d.Announcement(ctx, id)
}

// ChangeAnnouncement gives an announcement other texts, also where they were read already.
func (d *Desk) ChangeAnnouncement(ctx context.Context, by storage.By, id, document string) (AnnouncementView, error) {
	a, err := d.announcement(ctx, id)
	if err != nil {
		return AnnouncementView{}, err
	}
	if a.Policy != "" {
		return AnnouncementView{}, refusedText("it announces version %s of the policy, which is not changed any more", a.Policy)
	}
	all, err := ParseAnnouncement(d.Texts, document)
	if err != nil {
		return AnnouncementView{}, err
	}
	if err := d.Store.ChangeAnnouncement(ctx, storage.Act{By: by, What: "announce edit", Object: id}, id, all); err != nil {
		return AnnouncementView{}, standsElsewhere(err, a)
	}
	return d.Announcement(ctx, id)
}

func standsElsewhere(err error, a storage.Announcement) error {
	if errors.Is(err, storage.ErrConsumed) {
		return refusedText("the announcement is %s, so that cannot be done", a.Status)
	}
	return err
}

func (d *Desk) announcement(ctx context.Context, id string) (storage.Announcement, error) {
	a, err := d.Store.Announcement(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no announcement " + id + "; imagika admin announce list lists them"}
	}
	return a, err
}

// Announcement shows one.
func (d *Desk) Announcement(ctx context.Context, id string) (AnnouncementView, error) {
	a, err := d.announcement(ctx, id)
	if err != nil {
		return AnnouncementView{}, err
	}
	return d.announcementView(ctx, a)
}

// Announcements lists them, newest first.
func (d *Desk) Announcements(ctx context.Context) ([]AnnouncementView, error) {
	all, err := d.Store.Announcements(ctx, deskRows)
	views := make([]AnnouncementView, 0, len(all))
	for _, a := range all {
		v, err := d.announcementView(ctx, a)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, err
}

func (d *Desk) announcementView(ctx context.Context, a storage.Announcement) (AnnouncementView, error) {
	v := AnnouncementView{
		ID: a.ID, Status: a.Status, Texts: a.Texts, Audience: a.Audience, Loud: a.Loud, Pace: a.Pace, Edition: a.Edition, Created: a.Created,
		Started: a.Started, Ended: a.Ended, By: a.Summary,
	}
	if a.Summary != nil {
		return v, nil
	}
	var err error
	if v.By, v.OptedOut, err = d.Store.AnnouncementCounts(ctx, a.ID); err != nil {
		return v, err
	}
	v.Counting = !a.Gathered && a.Status == storage.AnnouncementSending
	if v.Left, err = d.Store.AnnouncementLeft(ctx, a); err != nil {
		return v, err
	}
	v.ETA = time.Duration(v.Left) * time.Minute / time.Duration(a.Pace)
	return v, nil
}
