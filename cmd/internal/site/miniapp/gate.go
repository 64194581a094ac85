package miniapp

import (
	"context"
	"net/http"
	"regexp"

	"github.com/imagika/imagika/storage"
)

// gate lets through to a route who may call it, in the order that the package comment gives.
func (a *app) gate(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.apiHeaders(w.Header())
		who, err := a.admit(r, to)
		if err == nil {
			r = r.WithContext(context.WithValue(r.Context(), speakerKey{}, who))
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			err = to.handle(w, r, who.person)
		}
		if err != nil {
			a.refuse(w, r, who.person, err)
		}
	})
}

// speaker is who calls, and by which session; the zero value is nobody.
type speaker struct {
	person  storage.Person
	token   string
	session storage.WebSession
}

type speakerKey struct{}

// speakerOf is who made a call that came through the gate.
func speakerOf(r *http.Request) speaker {
	who, _ := r.Context().Value(speakerKey{}).(speaker)
	return who
}

func (a *app) admit(r *http.Request, to route) (who speaker, err error) {
	if err := a.admitAddress(r); err != nil {
		return who, err
	}
	if !to.open {
		if who, err = a.speaker(r); err != nil {
			return who, err
		}
		if err := a.admitPerson(r.Context(), to.class, who.person.ID); err != nil {
			return who, err
		}
	}
	if who.person.Restricted && !to.resting {
		return who, errRestricted
	}
	if id := r.PathValue("id"); id != "" && !storage.IsID(id) {
		return who, errMissing
	}
	if to.keyed && idempotencyKey(r) == "" {
		return who, invalid("the header Idempotency-Key is missing, or not 8 to 64 letters, digits, - and _")
	}
	return who, nil
}

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// idempotencyKey is what makes a call once; calls of a keyed route have one. It is a person's own: two people may use the same.
func idempotencyKey(r *http.Request) string {
	values := r.Header.Values("Idempotency-Key")
	if len(values) != 1 || !keyForm.MatchString(values[0]) {
		return ""
	}
	return values[0]
}
