// Every text of the console, in English and Chinese, and which of them is shown.

import { createContext, useContext } from "./vendor/htm-preact.js";

/** @typedef {"en" | "zh"} LanguageName */

/** @type {LanguageName[]} */
export const LANGUAGES = ["en", "zh"];

/** @type {Record<string, [string, string]>} English, Chinese */
const TEXTS = {
  language: ["English", "中文"],
  skip: ["Skip to the content", "跳到内容"],
  views: ["Views", "视图"],
  theme: ["Switch between light and dark", "切换浅色与深色"],
  theme_auto: ["Auto", "自动"],
  theme_light: ["Light", "浅色"],
  theme_dark: ["Dark", "深色"],
  live_on: ["Live", "实时更新中"],
  live_polling: ["Looking every two seconds", "每两秒刷新一次"],
  explorer: ["Explorer", "调试台"],
  chats: ["Chats", "会话"],
  logs: ["Logs", "日志"],
  scopes: ["Scopes", "权限"],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  copy_failed: ["The browser refused; select the text and copy it", "浏览器拒绝了复制，请手动选中"],
  close: ["Close", "关闭"],
  back: ["Back", "返回"],
  all: ["All", "全部"],

  search: ["Search operations", "搜索接口"],
  search_hint: ["Press / to search", "按 / 搜索"],
  found: ["operations: {0}", "{0} 个接口"],
  none_found: ["Nothing matches. Try fewer words.", "没有匹配的接口，试试更少的词。"],
  start: ["A Feishu on your own machine", "本机上的飞书"],
  start_hint: [
    "Choose an operation, fill in its form and send it; Chats shows what the users see. Point a program at this sandbox with:",
    "选择一个接口，填写表单并发送；“会话”中可以看到用户收到的内容。程序连接此沙箱时使用：",
  ],
  base_url: ["Base URL", "服务地址"],
  app_id: ["App ID", "App ID"],
  app_secret: ["App Secret", "App Secret"],
  app_secret_hint: ["where the sandbox was started, in a line that sets all of it for your programs", "见启动沙箱的终端，那里打印了一行可直接复制的环境变量"],
  chat_id: ["Chat", "会话"],
  open_id: ["User {0}", "用户 {0}"],
  deprecated: ["Deprecated", "已废弃"],
  instead: ["Use {0} instead.", "请改用 {0}。"],
  reference: ["Reference", "官方文档"],
  errors: ["Error codes", "错误码说明"],
  rate: ["Rate", "频率"],
  send_as: ["Send as", "调用身份"],
  tenant: ["App", "应用"],
  tenant_hint: ["with the tenant's token", "使用 tenant_access_token"],
  app: ["App itself", "应用自身"],
  user: ["User", "用户"],
  no_token: ["This call takes no token.", "此接口不需要 token。"],
  any_of: ["Any one of these scopes is enough:", "拥有以下任一权限即可："],
  no_scopes: ["No scope is needed.", "不需要权限。"],
  granted: ["granted", "已开通"],
  missing: ["missing", "未开通"],
  grant: ["Grant {0}", "开通 {0}"],
  revoke: ["Take {0} away", "取消 {0}"],
  parameters: ["Parameters", "参数"],
  no_parameters: ["This call takes no parameters.", "此接口没有参数。"],
  in_path: ["Path", "路径"],
  in_query: ["Query", "查询"],
  in_header: ["Headers", "请求头"],
  in_body: ["Body", "请求体"],
  in_form: ["Form", "表单"],
  fill: ["Fill in examples", "填入示例"],
  clear: ["Clear", "清空"],
  send: ["Send", "发送"],
  sending: ["Sending…", "发送中…"],
  send_hint: ["Ctrl+Enter", "Ctrl+Enter"],
  required: ["required", "必填"],
  use_example: ["Use the example", "使用示例"],
  unset: ["not set", "不设置"],
  other_value: ["another value…", "其他值…"],
  add: ["Add {0}", "添加 {0}"],
  remove: ["Remove {0}", "移除 {0}"],
  item: ["item", "一项"],
  key: ["Key", "键"],
  raw_json: ["Raw JSON", "原始 JSON"],
  fields: ["Fields", "表单字段"],
  not_json: ["This is not JSON yet: {0}", "还不是合法的 JSON：{0}"],
  other_json: ["any other JSON", "其他 JSON"],
  choose_tag: ["Choose `{0}` first.", "请先选择 `{0}`。"],
  filled_by_sandbox: ["filled in by the sandbox", "由沙箱填入"],
  now: ["Now", "现在"],
  max_len: ["up to {0} characters", "最多 {0} 个字符"],
  min_len: ["{0} characters or more", "至少 {0} 个字符"],
  between: ["{0} to {1}", "{0} 到 {1}"],
  at_least: ["{0} or more", "不小于 {0}"],
  at_most: ["{0} at most", "不大于 {0}"],
  items: ["{0} to {1} items", "{0} 到 {1} 项"],
  default_is: ["default {0}", "默认 {0}"],
  file_chosen: ["{0}, {1}", "{0}，{1}"],

  reply: ["Reply", "响应"],
  no_reply: ["The reply will be shown here.", "响应会显示在这里。"],
  status: ["Status", "状态"],
  code: ["Code", "错误码"],
  log_id: ["Log ID", "Log ID"],
  time_taken: ["Time", "耗时"],
  sample: ["Sample", "示例数据"],
  sample_hint: ["made up from the spec's examples", "根据规范中的示例生成"],
  advice_operation: ["What this operation's reference says", "该接口文档的说明"],
  advice_platform: ["What the platform says", "平台通用说明"],
  file_reply: ["The reply is a file: {0}, {1}", "响应是文件：{0}，{1}"],
  download: ["Download", "下载"],
  sample_code: ["Sample code", "示例代码"],
  hint_rust: [
    "Run it with the variables from the line that begins with export, where the sandbox was started.",
    "运行前，先执行启动沙箱的终端里以 export 开头的那一行。",
  ],
  hint_cargo: ["For a new crate: cargo new, these lines, and the Rust code as src/main.rs.", "新建项目：cargo new，加入这几行，再把 Rust 代码存为 src/main.rs。"],
  hint_curl: ["Variables such as $TOKEN are for you to set; the operations under auth give tokens.", "$TOKEN 等变量需自行设置；凭证可用 auth 下的接口获取。"],
  expand: ["Open", "展开"],
  collapse: ["Fold", "折叠"],

  no_messages: ["No messages yet. Write one below, or send one from the explorer.", "还没有消息。可以在下面输入，或从调试台发送。"],
  no_writers: ["Nobody can write here: no user is in this chat, or it is dissolved.", "无法发言：群里没有用户，或群已解散。"],
  earlier: ["{0} earlier messages are not shown.", "更早的 {0} 条消息未显示。"],
  group: ["Group {0}", "群聊 {0}"],
  alone: ["{0} with the bot", "{0} 与机器人"],
  bot: ["Bot", "机器人"],
  write_as: ["Write as", "发言人"],
  write: ["Write a message", "输入消息"],
  reply_to: ["Reply", "回复"],
  replying: ["Replying to {0}", "回复 {0}"],
  in_reply: ["in reply to {0}", "回复 {0}"],
  in_thread: ["in a thread", "话题内"],
  edited: ["edited", "已编辑"],
  recalled: ["This message was recalled.", "此消息已撤回。"],
  everyone: ["everyone", "所有人"],
  image: ["Image", "图片"],
  file: ["File", "文件"],
  audio: ["Audio", "语音"],
  media: ["Video", "视频"],
  sticker: ["Sticker", "表情包"],
  share_chat: ["A chat", "群名片"],
  share_user: ["A person", "个人名片"],
  unknown_message: ["A message of type {0}", "{0} 类型的消息"],
  template_card: ["A card made from the template {0}", "由模板 {0} 生成的卡片"],
  entity_card: ["The card {0}", "卡片 {0}"],
  unknown_element: ["Element `{0}`, not drawn here", "组件 `{0}`，此处不渲染"],
  choose: ["Choose…", "请选择…"],
  more: ["More", "更多"],
  d_under_way: ["On its way to the app", "正在推送给应用"],
  d_taken: ["Taken by the app", "应用已接收"],
  d_waits: ["Not taken; next attempt {0}", "未被接收，{0} 重试"],
  d_failed: ["Not taken; given up", "未被接收，已放弃"],
  attempts: ["attempts: {0}", "已尝试 {0} 次"],
  no_app_answer: ["The app did not answer: {0}", "应用没有应答：{0}"],

  filter_endpoint: ["Operation or path", "接口或路径"],
  when: ["When", "时间"],
  call: ["Call", "调用"],
  identity: ["As", "身份"],
  no_calls: ["No calls yet, or none that match.", "还没有调用，或没有匹配的调用。"],
  request: ["Request", "请求"],
  unknown_sent: ["Sent, but not known to the reference", "发送了但文档中没有的参数"],
  open_in_explorer: ["Open in the explorer", "在调试台中打开"],
  reply_not_kept: ["The reply was a file, or too large to keep ({0}).", "响应是文件，或太大而未保存（{0}）。"],
  choose_call: ["Choose a call to see all of it.", "选择一个调用查看详情。"],

  scopes_intro: [
    "What the calls so far needed, and the smallest set of scopes that covers them. Paste it into the developer console under Permissions & Scopes, batch import.",
    "到目前为止的调用所需的权限，以及能覆盖它们的最小集合。可粘贴到开发者后台的“权限管理”中批量导入。",
  ],
  no_needs: ["No call has needed a scope yet. Send something from the explorer.", "还没有调用需要权限，可以先在调试台发送一个请求。"],
  everything: ["The app has every scope.", "该应用拥有所有权限。"],
  missing_now: ["Missing now", "当前缺少"],
  nothing_missing: ["Nothing is missing.", "没有缺少的权限。"],
  import_json: ["For the batch import", "批量导入"],
  calls_times: ["calls: {0}", "调用次数：{0}"],
};

/** Which language to begin with: the one chosen before, or the browser's. */
export function chosenLanguage(remembered) {
  if (LANGUAGES.includes(remembered)) return remembered;
  return (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The text of a key, with `{0}`, `{1}` filled in. A key without a text shows itself. */
export function t(language, key, ...values) {
  const texts = TEXTS[key];
  const text = texts ? texts[LANGUAGES.indexOf(language)] : key;
  return text.replace(/\{(\d)\}/g, (_, at) => String(values[at] ?? ""));
}

export const Language = createContext("en");

/** `t` in the language of the page. */
export function useText() {
  const language = useContext(Language);
  const text = (key, ...values) => t(language, key, ...values);
  text.language = language;
  return text;
}
