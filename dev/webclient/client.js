// A web client: Hydrogen's own parts for the session, the encryption and the view.
// The page's address says who logs in and which room is shown.
import { Client, FeatureSet, LoadStatus, Platform, RoomViewModel, TimelineView, createNavigation, createRouter, viewClassForTile } from "hydrogen-view-sdk";

const wanted = new URLSearchParams(location.search);
const app = document.querySelector("#app");
const platform = new Platform({
    container: app, config: {}, options: { development: false },
    assetPaths: {
        downloadSandbox: "/download-sandbox.html", worker: "/main.js",
        olm: { wasm: "/olm.wasm", legacyBundle: "/olm_legacy.js", wasmBundle: "/olm.js" },
    },
});
// It is for media only, and there only with a service worker.
Object.defineProperty(platform, "updateService", { value: { updateAuthData() {} } });
const navigation = createNavigation();
platform.setNavigation(navigation);
const urlRouter = createRouter({ navigation, history: platform.history });
urlRouter.attach();

const features = new FeatureSet();
const client = new Client(platform, features);
const login = await client.queryLogin(wanted.get("homeserver")).result;
client.startWithLogin(login.password(wanted.get("user"), wanted.get("password")));
await client.loadStatus.waitFor((status) => [LoadStatus.Ready, LoadStatus.Error, LoadStatus.LoginFailed].includes(status)).promise;
if (client.loadStatus.get() !== LoadStatus.Ready) throw new Error("login failed: " + client.loginFailure + " " + client.loadError?.stack);
const { session } = client;
let room;
while (!(room = session.rooms.get(wanted.get("room")))) await new Promise((resolve) => setTimeout(resolve, 100));
const model = new RoomViewModel({ room, ownUserId: session.userId, platform, urlRouter, urlCreator: urlRouter, navigation, features });
await model.load();
document.querySelector("#name").textContent = model.name;
app.appendChild(new TimelineView(model.timelineViewModel, viewClassForTile).mount());
window.say = (text) => room.sendEvent("m.room.message", { msgtype: "m.text", body: text });
document.body.dataset.ready = "yes";
