## What went wrong: a heading that says it, what to do next, and the button that does it

malformed-heading = Este endereço está incompleto
malformed-next = Falta uma parte ou ele mudou no caminho. Comece de novo em { $name }.
malformed-button = Ir para { $name }

no-such-page-heading = Não há nada aqui
no-such-page-next = O endereço pode estar cortado ou ser antigo demais.
no-such-page-button = Ir para { $name }

other-site-heading = Não pudemos aceitar o formulário
other-site-next = Ele ficou aberto por muito tempo ou foi enviado por outro site. Nada foi alterado. Tente de novo.
other-site-button = Começar de novo

no-cookies-heading = Seu navegador recusa cookies
no-cookies-next = Precisamos de um para saber que ainda é você. Permita os cookies deste site e tente de novo.
no-cookies-button = Tentar de novo

other-browser-heading = Você começou em outro navegador
other-browser-next = Para sua segurança, é preciso terminar de entrar no navegador em que você começou. Comece de novo aqui. Se esta página aparecer de novo, permita os cookies deste site.
other-browser-button = Começar de novo

expired-heading = Demorou demais
expired-next = Para sua segurança, esperamos só alguns minutos. Comece de novo; é rápido.
expired-button = Começar de novo

return-to-heading = Não sabemos para onde levar você
return-to-next = O endereço que trouxe você até aqui aponta para um lugar que não faz parte de { $name }.
return-to-button = Ir para { $name }

no-way-in-heading = Não é possível entrar por aqui
no-way-in-next = Entre onde você tem sua conta e venha de lá.
no-way-in-button = Ir para { $name }

blocked-heading = Sua conta está bloqueada
blocked-next = Fale com { $name } para desbloqueá-la.
blocked-button = Ir para { $name }

unavailable-heading = Não conseguimos fazer seu login agora
unavailable-next = Nada se perdeu. Tente de novo em instantes.
unavailable-button = Tentar de novo
