## On every page

request-id = Solicitud
