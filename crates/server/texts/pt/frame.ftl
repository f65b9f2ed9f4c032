## On every page

request-id = Solicitação
