// One room as a Matrix client draws it: Hydrogen's own parts, put together as its package describes.

import olmJsPath from "@matrix-org/olm/olm.js?url";
import olmWasmPath from "@matrix-org/olm/olm.wasm?url";
import olmLegacyJsPath from "@matrix-org/olm/olm_legacy.js?url";
import {
  Client,
  createNavigation,
  createRouter,
  FeatureSet,
  LoadStatus,
  Platform,
  RoomView,
  RoomViewModel,
  viewClassForTile,
} from "hydrogen-view-sdk";
import darkTheme from "hydrogen-view-sdk/assets/theme-element-dark.css?url";
import lightTheme from "hydrogen-view-sdk/assets/theme-element-light.css?url";
import downloadSandbox from "hydrogen-view-sdk/download-sandbox.html?url";
import worker from "hydrogen-view-sdk/main.js?url";

/** `?hs=…&user=…&password=…&room=…&theme=light|dark`. The page's title says `ready` when all is drawn. */
const wanted = new URLSearchParams(location.search);
const app = document.querySelector("#app");

await wear(wanted.get("theme") === "dark" ? darkTheme : lightTheme);
const platform = new Platform({
  container: app,
  assetPaths: {
    downloadSandbox,
    worker,
    olm: { wasm: olmWasmPath, legacyBundle: olmLegacyJsPath, wasmBundle: olmJsPath },
    serviceWorker: "sw.js",
  },
  config: {},
  options: { development: true },
});
const navigation = createNavigation();
platform.setNavigation(navigation);
await platform.init();
const urlRouter = createRouter({ navigation, history: platform.history });
urlRouter.attach();

const session = await signIn(new Client(platform));
const model = new RoomViewModel({
  room: session.rooms.get(wanted.get("room")),
  ownUserId: session.userId,
  platform,
  urlRouter,
  navigation,
  features: await FeatureSet.load(platform.settingsStorage),
});
await model.load();
app.replaceChildren(new RoomView(model, viewClassForTile).mount());
document.title = "ready";

async function signIn(client) {
  const login = await client.queryLogin(wanted.get("hs")).result;
  client.startWithLogin(login.password(wanted.get("user"), wanted.get("password")));
  const ends = [LoadStatus.Ready, LoadStatus.Error, LoadStatus.LoginFailed];
  await client.loadStatus.waitFor((status) => ends.includes(status)).promise;
  if (!client.session) throw new Error(`${client.loginFailure ?? client.loadError}`);
  return client.session;
}

function wear(address) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  return new Promise((resolve) => {
    link.onload = resolve;
    document.head.append(link);
  });
}
