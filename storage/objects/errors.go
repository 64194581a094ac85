package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
)

var (
	// ErrNotFound says that there is no such object. Trying again does not help.
	ErrNotFound = errors.New("objects: not found")
	// ErrRefused says that the server understood and declined: wrong credentials, no such bucket, a malformed request.
	// An operator has to look.
	ErrRefused = errors.New("objects: refused")
	// ErrUnavailable says that there was no answer, or that the server is at fault or busy. Trying again later helps.
	ErrUnavailable = errors.New("objects: unavailable")
)

// classify adds the class of an error to it. A call that our side canceled has none.
func classify(op operation, err error) error {
	if err == nil || classOf(err) != nil {
		return err
	}
	err = withoutURL(err)
	var answer minio.ErrorResponse
	class := ErrUnavailable
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("objects: %s: %w", op, err)
	case !errors.As(err, &answer):
	case answer.Code == minio.NoSuchKey:
		class = ErrNotFound
	case answer.StatusCode == http.StatusRequestTimeout, answer.StatusCode == http.StatusTooManyRequests:
	case answer.Code == "RequestTimeout": // which AWS says with a 400, when a body came too slowly
	case answer.StatusCode >= 400 && answer.StatusCode < 500:
		class = ErrRefused
	}
	return fmt.Errorf("%w: %s: %w", class, op, err)
}

// withoutURL drops the address from a network error: it holds the key, which does not belong in logs.
func withoutURL(err error) error {
	var ue *url.Error
	if !errors.As(err, &ue) {
		return err
	}
	if strings.Contains(ue.Err.Error(), ue.URL) { // so the client words a connection that was cut
		return io.ErrUnexpectedEOF
	}
	return ue.Err
}

// classOf returns the class an error already has, or nil.
func classOf(err error) error {
	for _, class := range []error{ErrNotFound, ErrRefused, ErrUnavailable} {
		if errors.Is(err, class) {
			return class
		}
	}
	return nil
}
