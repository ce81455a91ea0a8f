// Buys with the client that is made of the document's types, and reads every error:
// `node dist/buyer.js buy|errors URL KEY`.

import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./store";

type Schemas = components["schemas"];
type Client = ReturnType<typeof connect>;
type Answer<T> = { data?: T; error?: unknown; response: Response };

const STATUSES = [400, 401, 404, 408, 409, 412, 413, 415, 422, 429, 431, 500, 503];
/** With which error a server answers that answers with nothing else. */
const WANTED = "X-Wanted-Status";

function connect(url: string, key: string) {
  return createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key } });
}

function expect<T>(answer: Answer<T>, status = 200): T {
  if (answer.response.status !== status || answer.data === undefined) {
    throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

function shown<T extends object>(found: T | Schemas["ErrorResponse"]): T {
  if (isRefused(found)) throw new Error(JSON.stringify(found.messages));
  return found;
}

function isRefused(found: object): found is Schemas["ErrorResponse"] {
  return "messages" in found && !("id" in found);
}

function first<T>(several: readonly T[] | undefined): T {
  const one = several?.[0];
  if (one === undefined) throw new Error("there is none");
  return one;
}

const once = () => ({ header: { "Idempotency-Key": randomUUID() } });
const of = (id: string) => ({ ...once(), path: { id } });

const HOME: Schemas["DestinationRequest"] = {
  street_address: "1 Main St",
  address_locality: "Davis",
  address_region: "CA",
  address_country: "US",
  postal_code: "95616",
};

async function browse(store: Client): Promise<string> {
  const profile = expect(await store.GET("/.well-known/ucp"));
  if (!profile.ucp.capabilities?.["dev.ucp.shopping.checkout"]) throw new Error("no checkout");
  const body = { query: "mountain tire" };
  const found = expect(await store.POST("/catalog/search", { body }));
  const sku = first(first(found.products).variants).id;
  const named = expect(await store.POST("/catalog/lookup", { body: { ids: [sku] } }));
  if (first(first(first(named.products).variants).inputs).id !== sku) throw new Error(sku);
  return sku;
}

async function fill(store: Client, sku: string): Promise<Schemas["CartWithDiscount"]> {
  const codes = { codes: ["WELCOME10"] };
  const contents = (quantity: number): Schemas["ContentsRequest"] => ({
    line_items: [{ item: { id: sku }, quantity }],
    discounts: codes,
  });
  const made = await store.POST("/carts", { params: once(), body: contents(1) });
  const { id } = shown(expect(made, 201));
  const etag = made.response.headers.get("etag") ?? "*";
  const params = { path: { id }, header: { "Idempotency-Key": randomUUID(), "If-Match": etag } };
  return shown(expect(await store.PUT("/carts/{id}", { params, body: contents(2) })));
}

async function checkOut(store: Client, cart: string, sku: string): Promise<string> {
  const opened = await store.POST("/checkout-sessions", {
    params: once(),
    body: { cart_id: cart },
  });
  const { id } = shown(expect(opened, 201));
  const body: Schemas["SessionRequest"] = {
    line_items: [{ item: { id: sku }, quantity: 2 }],
    buyer: { email: "ada@example.com" },
    fulfillment: {
      methods: [{ type: "shipping", destinations: [HOME], groups: [{ selected_option_id: "1" }] }],
    },
  };
  const changed = await store.PUT("/checkout-sessions/{id}", { params: of(id), body });
  const session = shown(expect(changed));
  if (session.status !== "ready_for_complete") throw new Error(JSON.stringify(session.messages));
  return session.id;
}

async function pay(store: Client, id: string, token: string): Promise<Schemas["CheckoutSession"]> {
  const credential = { type: "token" as const, token };
  const instrument = { handler_id: "org.fieldhouse.sandbox", type: "card", credential };
  const body = { payment: { instruments: [{ ...instrument, selected: true }] } };
  const done = await store.POST("/checkout-sessions/{id}/complete", { params: of(id), body });
  return shown(expect(done));
}

async function buy(store: Client): Promise<object> {
  const sku = await browse(store);
  const cart = await fill(store, sku);
  const session = await checkOut(store, cart.id, sku);
  const declined = first((await pay(store, session, "fail_token")).messages);
  if (declined.type !== "error" || declined.code !== "payment_failed") throw new Error("paid");
  const { order: placed } = await pay(store, session, "success_token");
  if (placed === undefined) throw new Error("there is no order");
  const order = shown(
    expect(await store.GET("/orders/{id}", { params: { path: { id: placed.id } } })),
  );
  const gone = expect(await store.GET("/carts/{id}", { params: { path: { id: "gone" } } }));
  if (!isRefused(gone) || first(gone.messages).type !== "error") throw new Error("it is there");
  return { order: order.id, sku, units: first(order.line_items).quantity.total };
}

type Errors = Schemas["ProtocolError"] | Schemas["Problem"] | Schemas["ErrorResponse"];
type Failed = { error?: Errors; response: Response };

function operations(store: Client): Record<string, () => Promise<Failed>> {
  const params = of("x");
  const named = { path: { id: "x" } };
  const contents = { line_items: [{ item: { id: "x" }, quantity: 1 }] };
  return {
    search_catalog: () => store.POST("/catalog/search", { body: {} }),
    lookup_catalog: () => store.POST("/catalog/lookup", { body: { ids: ["x"] } }),
    get_product: () => store.POST("/catalog/product", { body: { id: "x" } }),
    create_cart: () => store.POST("/carts", { params: once(), body: contents }),
    get_cart: () => store.GET("/carts/{id}", { params: named }),
    update_cart: () => store.PUT("/carts/{id}", { params, body: contents }),
    cancel_cart: () => store.POST("/carts/{id}/cancel", { params }),
    create_checkout: () => store.POST("/checkout-sessions", { params: once(), body: contents }),
    get_checkout: () => store.GET("/checkout-sessions/{id}", { params: named }),
    update_checkout: () => store.PUT("/checkout-sessions/{id}", { params, body: contents }),
    complete_checkout: () =>
      store.POST("/checkout-sessions/{id}/complete", {
        params,
        body: { payment: { instruments: [] } },
      }),
    cancel_checkout: () => store.POST("/checkout-sessions/{id}/cancel", { params }),
    get_order: () => store.GET("/orders/{id}", { params: named }),
    list_webhooks: () => store.GET("/webhooks"),
    register_webhook: () => store.POST("/webhooks", { body: { url: "https://example.org" } }),
    remove_webhook: () => store.DELETE("/webhooks/{id}", { params: named }),
  };
}

async function errors(url: string, key: string): Promise<object> {
  const found: Record<string, Record<number, string>> = {};
  for (const status of STATUSES) {
    const store = connect(url, key);
    store.use({
      onRequest({ request }) {
        request.headers.set(WANTED, String(status));
        return request;
      },
    });
    for (const [name, ask] of Object.entries(operations(store))) {
      const { error, response } = await ask();
      if (error === undefined || "ucp" in error || response.status !== status) throw new Error(name);
      (found[name] ??= {})[status] = error.code;
    }
  }
  return found;
}

async function main(what: string, url: string, key: string): Promise<object> {
  return what === "buy" ? buy(connect(url, key)) : errors(url, key);
}

const [what = "", url = "", key = ""] = process.argv.slice(2);
main(what, url, key).then(
  (found) => console.log(JSON.stringify(found)),
  (failure) => {
    console.error(failure);
    process.exit(1);
  },
);
