## On every page

request-id = Request
