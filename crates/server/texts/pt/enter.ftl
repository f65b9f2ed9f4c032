## Coming in with a partner's word

enter-signing-in = Entrando na sua conta…
enter-heading = Continuar para { $name }
enter-over = Você está usando a conta { $who }.
enter-button = Continuar
enter-button-as = Continuar como { $who }
enter-stay = Ficar como { $who }

## Back from the partner's login, without its word

return-heading = Você ainda não entrou
return-help = O login ficou pela metade. É só tentar de novo.
return-again = Tentar de novo
return-other = Entrar de outro jeito

## What went wrong with it

framed-heading = Abra esta página em uma janela própria
framed-next = Para sua segurança, não é possível entrar dentro de outra página.
framed-button = Ir para { $name }

not-for-here-heading = Este link não é para cá
not-for-here-next = Volte para onde você o encontrou e abra de novo, ou entre por aqui.
not-for-here-button = Entrar

link-expired-heading = Este link expirou
link-expired-next = Ele vale por cerca de um minuto. Volte para onde você o encontrou e abra de novo, ou entre por aqui.
link-expired-button = Entrar

link-used-heading = Este link já foi usado
link-used-next = Cada link vale uma só vez. Volte para onde você o encontrou e abra de novo, ou entre por aqui.
link-used-button = Entrar

not-returned-heading = Não conseguimos fazer seu login
not-returned-next = Seus dados não chegaram como deveriam. Comece de novo; é rápido.
not-returned-button = Começar de novo
