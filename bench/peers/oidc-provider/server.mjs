// oidc-provider as its quick start has it, without what is for development only. It keeps all in
// memory: its own adapter does, and every other is somebody else's.
//
// PORT says where. A POST to /prepared answers with an access token of a user who is signed in, as
// the end of a log-in would: how people log in oidc-provider leaves to its application.
import { Provider } from 'oidc-provider';

const { PORT, CLIENT_SECRET } = process.env;
const CLIENT = 'application';
const USER = 'user0';

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: CLIENT,
      client_secret: CLIENT_SECRET,
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: ['https://application.example/callback'],
    },
  ],
  claims: { openid: ['sub'], email: ['email'] },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com` }),
  }),
});

provider.use(async (ctx, next) => {
  if (ctx.method !== 'POST' || ctx.path !== '/prepared') return next();
  const client = await provider.Client.find(CLIENT);
  const grant = new provider.Grant({ accountId: USER, clientId: CLIENT });
  grant.addOIDCScope('openid email');
  const token = new provider.AccessToken({
    accountId: USER,
    client,
    grantId: await grant.save(),
    scope: 'openid email',
    gty: 'authorization_code',
  });
  ctx.body = { token: await token.save() };
});

provider.listen(PORT, '127.0.0.1');
