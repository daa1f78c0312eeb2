package caldav

import (
	"encoding/xml"
	"io"
	"strings"
)

// response is what a multi-status answer says of one resource.
type response struct {
	Href     string     `xml:"DAV: href"`
	Propstat []propstat `xml:"DAV: propstat"`
}

type propstat struct {
	Status string `xml:"DAV: status"`
	Prop   prop   `xml:"DAV: prop"`
}

type prop struct {
	ResourceType struct {
		Calendar *struct{} `xml:"urn:ietf:params:xml:ns:caldav calendar"`
	} `xml:"DAV: resourcetype"`
	DisplayName string     `xml:"DAV: displayname"`
	Description string     `xml:"urn:ietf:params:xml:ns:caldav calendar-description"`
	Components  components `xml:"urn:ietf:params:xml:ns:caldav supported-calendar-component-set"`
	Data        []byte     `xml:"urn:ietf:params:xml:ns:caldav calendar-data"`
}

type components struct {
	Comp []struct {
		Name string `xml:"name,attr"`
	} `xml:"urn:ietf:params:xml:ns:caldav comp"`
}

// haveEvents is also true where a server does not say what a calendar holds.
func (c components) haveEvents() bool {
	for _, one := range c.Comp {
		if strings.EqualFold(one.Name, "VEVENT") {
			return true
		}
	}
	return len(c.Comp) == 0
}

// prop is what the server gives; what it has not is empty.
func (r response) prop() prop {
	for _, p := range r.Propstat {
		if fields := strings.Fields(p.Status); len(fields) > 1 && fields[1] == "200" {
			return p.Prop
		}
	}
	return prop{}
}

func parse(answer io.Reader) ([]response, error) {
	var multistatus struct {
		XMLName   xml.Name   `xml:"DAV: multistatus"`
		Responses []response `xml:"DAV: response"`
	}
	if err := xml.NewDecoder(answer).Decode(&multistatus); err != nil {
		return nil, err
	}
	return multistatus.Responses, nil
}
